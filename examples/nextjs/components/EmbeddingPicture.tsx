const [WIDTH, HEIGHT] = [384, 120];

/** The numbers of an embedding, a bar each: up for positive ones, down for negative ones. */
export function EmbeddingPicture({ embedding }: { embedding: readonly number[] }) {
  const most = Math.max(...embedding.map(Math.abs), 1e-9);
  const step = WIDTH / embedding.length;
  const middle = HEIGHT / 2;
  const bars = embedding.map((x, i) => {
    const length = (Math.abs(x) / most) * middle;
    const place = { x: i * step, y: x < 0 ? middle : middle - length, width: step * 0.8, height: length };
    return <rect key={i} className={x < 0 ? "below" : "above"} {...place} />;
  });
  return (
    <figure className="embedding" data-numbers={embedding.length}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Embedding of ${embedding.length} numbers`}
        preserveAspectRatio="none"
      >
        <line x1="0" y1={middle} x2={WIDTH} y2={middle} />
        {bars}
      </svg>
      <figcaption>
        {embedding.length} numbers, from {(-most).toFixed(2)} to {most.toFixed(2)}
      </figcaption>
    </figure>
  );
}
