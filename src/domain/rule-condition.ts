/**
 * What a request has to be for a rule of a load balancer to take it: one of these values. A pattern is a text in which `*` stands for any characters
 * and `?` for one; a regular expression may be found anywhere in the text. Source: Elastic Load Balancing, "Condition types for listener rules".
 */
export type RequestCondition =
  /** Without regard to case, and without the port. */
  | { readonly kind: "host"; readonly patterns: readonly string[]; readonly regexes?: readonly string[] }
  /** The path alone, with regard to case. */
  | { readonly kind: "path"; readonly patterns: readonly string[]; readonly regexes?: readonly string[] }
  /** Any of the header's values, without regard to case. */
  | { readonly kind: "header"; readonly name: string; readonly patterns: readonly string[]; readonly regexes?: readonly string[] }
  | { readonly kind: "method"; readonly methods: readonly string[] }
  /** A parameter of the query, without regard to case; any parameter where no key is named. */
  | { readonly kind: "query"; readonly pairs: readonly { readonly key?: string; readonly value: string }[] }
  /** Blocks of the address from which the connection comes. */
  | { readonly kind: "source"; readonly blocks: readonly string[] };
