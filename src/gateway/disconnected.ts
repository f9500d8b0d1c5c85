/** The client went away, or was sent away: nobody is left to answer. */
export class DisconnectedError extends Error {
  /** As Node says of a connection that is no more. */
  readonly code = "ECONNRESET";
}
