import { scopeKey } from "../domain/scope.ts";
import { images, repositories, repositoryKey } from "../state/ecr.ts";
import { answerJson, requireRepository, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

/** Source: ECR's quota for `ListImages`; clients that name no `n` follow the `Link` header. */
const LARGEST_PAGE = 1000;

/** `GET /v2/<name>/tags/list`, in the order of the bytes. */
export function listTags(call: RegistryCall, name: string): void {
  const key = repositoryKey(requireRepository(call, name), name);
  const tags = call.platform.state
    .table(images)
    .by("repository", key)
    .flatMap((image) => image.tags);
  const { items, headers } = page(call, `/v2/${name}/tags/list`, tags);
  answerJson(call, headers, { name, tags: items });
}

/** `GET /v2/_catalog`: the repositories of the token's account and region. */
export function listRepositories(call: RegistryCall): void {
  const { account, region } = call.scope;
  const names = call.platform.state
    .table(repositories)
    .by("scope", scopeKey({ account, region }))
    .map(({ name }) => name);
  const { items, headers } = page(call, "/v2/_catalog", names);
  answerJson(call, headers, { repositories: items });
}

/** The names after `last`, `n` at most, and the link to those that follow. */
function page(
  call: RegistryCall,
  path: string,
  names: readonly string[],
): { readonly items: readonly string[]; readonly headers: Record<string, string> } {
  const n = call.query.get("n");
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new RegistryError(400, "UNSUPPORTED", "n must be a number");
  const limit = Math.min(n === null ? LARGEST_PAGE : Number(n), LARGEST_PAGE);
  const last = call.query.get("last");
  const rest = names.filter((name) => last === null || name > last).toSorted((a, b) => (a < b ? -1 : 1));
  const items = rest.slice(0, limit);
  const end = items.at(-1);
  const next = end !== undefined && rest.length > items.length ? new URLSearchParams({ n: String(limit), last: end }) : undefined;
  return { items, headers: next ? { link: `<${path}?${next.toString()}>; rel="next"` } : {} };
}
