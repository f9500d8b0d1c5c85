/** One item of a capacity provider strategy, as ECS's API has it. */
export interface StrategyItem {
  readonly capacityProvider?: string | undefined;
  readonly base?: number | undefined;
  readonly weight?: number | undefined;
}

/**
 * The provider of each of `count` tasks: bases first, the rest in proportion to the weights. The providers of fewer tasks begin the list of
 * more, so that the next task's is the last of the list.
 * Source: Amazon ECS API Reference, "CapacityProviderStrategyItem".
 */
export function providersFor(strategy: readonly StrategyItem[], count: number): readonly string[] {
  const given = strategy.map((item) => ({ name: item.capacityProvider ?? "", base: item.base ?? 0, weight: item.weight ?? 0, taken: 0 }));
  const providers: string[] = [];
  for (const item of given) while (item.base-- > 0 && providers.length < count) providers.push(item.name);
  const weighted = given.some((item) => item.weight > 0) ? given.filter((item) => item.weight > 0) : given;
  while (weighted.length > 0 && providers.length < count) {
    const next = weighted.reduce((best, item) => (item.taken / (item.weight || 1) < best.taken / (best.weight || 1) ? item : best));
    next.taken++;
    providers.push(next.name);
  }
  return providers;
}
