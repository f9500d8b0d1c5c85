/** What of the host the operator opens to tasks. Empty lists grant nothing. */
export interface HostGrants {
  /** Folders whose contents may be mounted: by one account, or by all where none is named. Absolute, without `.`, `..` and empty components. */
  readonly paths: readonly { readonly account?: string; readonly path: string }[];
  /** Accounts whose tasks may do what amounts to root of the host. */
  readonly privilegedAccounts: readonly string[];
  /** Volumes of the engine that a shared volume of the same name means, instead of one of the account's own. */
  readonly volumes: readonly { readonly account?: string; readonly name: string }[];
  /** Every account may mount what lies directly in `<ownFolders>/<account>`, granted or not. */
  readonly ownFolders?: string;
  /** Folders and sockets that nobody mounts, nor what contains them, whatever is granted. */
  readonly never: readonly string[];
}

export const NO_HOST_GRANTS: HostGrants = { paths: [], privilegedAccounts: [], volumes: [], never: [] };

/** Where a path lies that may be mounted: the folder that the operator answers for, and the components below it, of which none may be a link. */
export interface GrantedPath {
  readonly folder: string;
  readonly below: readonly string[];
}

export type PathDecision = GrantedPath | { readonly refused: "malformed" | "never" | "not-granted" };

/**
 * What may be said of a host path by its text alone. Whether it leads elsewhere through links shows when it is mounted. The text is compared as it
 * is: where the file system knows no case, a path in other letters is simply not granted.
 */
export function decideHostPath(text: string, account: string, grants: HostGrants): PathDecision {
  const path = normalPath(text);
  if (path === undefined) return { refused: "malformed" };
  const own = grants.ownFolders === undefined ? undefined : `${grants.ownFolders}/${account}`;
  const inOwn = own === undefined ? undefined : componentsBelow(own, path);
  // A folder that other tasks can write to may be exchanged for a link at any moment. The account's folder itself is never mounted, so that what lies
  // directly in it cannot be.
  if (own !== undefined && inOwn?.length === 1) return { folder: own, below: inOwn };
  if (grants.never.some((item) => componentsBelow(item, path) !== undefined || componentsBelow(path, item) !== undefined))
    return { refused: "never" };
  for (const grant of grants.paths) {
    if (grant.account !== undefined && grant.account !== account) continue;
    const below = componentsBelow(grant.path, path);
    if (below !== undefined) return { folder: grant.path, below };
  }
  return { refused: "not-granted" };
}

/** Whether a shared volume of this name means the engine's own volume of the name. */
export function opensVolume(name: string, account: string, { volumes }: HostGrants): boolean {
  return volumes.some((opened) => opened.name === name && (opened.account ?? account) === account);
}

/** An absolute path without `.`, `..`, empty components and a slash at its end; `undefined` where the text is none. */
export function normalPath(text: string): string | undefined {
  if (!text.startsWith("/") || text.includes("\0")) return undefined;
  const components: string[] = [];
  for (const component of text.split("/")) {
    if (component === "..") components.pop();
    else if (component !== "" && component !== ".") components.push(component);
  }
  return `/${components.join("/")}`;
}

/** The components that lead from a folder to a path in it; none for the folder itself, `undefined` for a path that is not in it. */
export function componentsBelow(folder: string, path: string): readonly string[] | undefined {
  if (path === folder) return [];
  const start = folder === "/" ? "/" : `${folder}/`;
  return path.startsWith(start) ? path.slice(start.length).split("/") : undefined;
}
