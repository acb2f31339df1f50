/** How loud it is, 0 to 1. */
export function Meter({ level }: { level: number }) {
  const percent = Math.round(level * 100);
  return (
    <div
      className="meter"
      role="meter"
      aria-label="Level"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div className="meter-level" style={{ width: `${percent}%` }} />
    </div>
  );
}
