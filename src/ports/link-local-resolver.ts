/** The second address of a VPC's resolver, 169.254.169.253, which is the same in every VPC. */
export interface LinkLocalResolver {
  /**
   * From now on what comes over exactly these bridges and asks for names there is led to the address beside it. The host itself has not the address, which on a machine of AWS's is that of its own
   * resolver. Rejects where the kernel cannot be told.
   */
  lead(byBridge: ReadonlyMap<string, string>): Promise<void>;
}
