/** Sees to it that who could send as somebody else does not. */
export interface PortGuard {
  /**
   * From now on the network namespace of a process sends with this address alone, and with the hardware address that it has at this moment: nobody in it has had a chance to change that. Idempotent; it ends
   * with the namespace. Rejects where this host cannot.
   */
  bind(pid: number, address: string): Promise<void>;
}
