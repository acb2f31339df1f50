/** Called once, before the first request. */
export async function register(): Promise<void> {
  // A build makes pages only; it needs neither a store nor libsonic.
  if (process.env.NEXT_RUNTIME !== "nodejs" || process.env.NEXT_PHASE === "phase-production-build") return;
  const { start } = await import("./lib/start");
  await start();
}
