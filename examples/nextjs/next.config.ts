import type { NextConfig } from "next";

const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

const config: NextConfig = {
  // The bundler leaves them as they are: libsonic is called by worker threads that load files of theirs by name.
  serverExternalPackages: ["sonic-media", "koffi"],
  // Else it is guessed from lock files in the folders above.
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  async headers() {
    // Next's development server needs `eval`, which the policy forbids.
    if (process.env.NODE_ENV !== "production") return [];
    const headers = [
      { key: "Content-Security-Policy", value: POLICY },
      { key: "Permissions-Policy", value: "microphone=(self), camera=(), geolocation=()" },
      { key: "Referrer-Policy", value: "no-referrer" },
      { key: "X-Content-Type-Options", value: "nosniff" },
    ];
    return [{ source: "/:path*", headers }];
  },
};

export default config;
