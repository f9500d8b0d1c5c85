/**
 * What every answer says to browsers: take it for what it says it is, and run, load or frame nothing of it.
 * Source: Fetch Standard, "X-Content-Type-Options"; Content Security Policy Level 3.
 */
export const SAFE_HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
} as const;
