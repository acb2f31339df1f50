// Next's command, which tells nobody that it runs.

process.env.NEXT_TELEMETRY_DISABLED = "1";
await import("next/dist/bin/next");
