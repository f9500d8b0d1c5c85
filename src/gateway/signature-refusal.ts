/** Why a signature was refused. Each protocol has its own code for it. */
export type SignatureRefusal =
  | { readonly kind: "missing" }
  | { readonly kind: "incomplete"; readonly detail: string }
  | { readonly kind: "invalid"; readonly detail: string }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "expired-token" }
  | { readonly kind: "mismatch" }
  | { readonly kind: "clock-skew"; readonly detail: string }
  | { readonly kind: "expired" };
