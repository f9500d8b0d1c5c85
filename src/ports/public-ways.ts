/** How this host leads connections that are made to public addresses to who has them: from its own programs, and from whoever sends such packets here. */
export interface PublicWays {
  /** Leads to exactly these from now on, by public address; what an earlier life left is replaced. Rejects where the kernel cannot be told. */
  adopt(ways: ReadonlyMap<string, string>): Promise<void>;
  /** Leads a public address to a private one from now on, or nowhere where that is absent. What goes on there goes on. Rejects as `adopt` does. */
  lead(publicAddress: string, privateAddress: string | undefined): Promise<void>;
  /** Replies of what has this gateway come back to programs that called a loopback address. To be called where a VPC's network was made. */
  open(gateway: string): Promise<void>;
}
