/** As whom packets leave this host: those from some addresses to some others. Both are an address, a block, or a range `10.0.0.1-10.0.0.9`. */
export interface PublicSender {
  readonly from: string;
  readonly to: string;
  /** The public address that who gets them sees. */
  readonly as: string;
}
