import type { RecordData } from "./value.ts";

/** What a resolver asks. */
export interface Question {
  /** As `readName` gives it. */
  readonly name: string;
  /** Such as `A`, `ANY`, or a type that no record here has: `UNKNOWN_65`. */
  readonly type: string;
}

/** One record as it is told. */
export interface Resource {
  /** As `readName` gives it. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
}

/** What is answered. */
export interface Reply {
  readonly kind: "reply";
  readonly code: "NOERROR" | "NXDOMAIN" | "SERVFAIL";
  /** Whether it is told of what is known here at first hand; not so of a referral. */
  readonly authoritative: boolean;
  readonly answers: readonly Resource[];
  readonly authorities: readonly Resource[];
  readonly additionals: readonly Resource[];
  /** Where an alias name leads that is not known here: who looks names up for others goes on there. */
  readonly continuesAt?: string;
  /** The hosted zone that the name of the question is in; absent where it is in none. */
  readonly zoneId?: string;
}

/** A question about a hosted zone, and what was answered to it. */
export interface AnsweredQuestion {
  readonly zoneId: string;
  readonly question: Question;
  readonly code: Reply["code"];
  readonly transport: "udp" | "tcp";
  /** The address that asked. */
  readonly client: string;
}

/** What becomes of a question. */
export type Resolution =
  | Reply
  /** Others may know, and the client may have them asked. */
  | { readonly kind: "forward" }
  /** Nothing is told, not even that there is nothing. */
  | { readonly kind: "refused" }
  /** There is no answer at all. */
  | { readonly kind: "silent" };
