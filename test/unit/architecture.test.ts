import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Which room may import which, and why. `docs/architecture.md` tells the same. */
const ROOMS: Readonly<Record<string, { readonly imports: readonly string[]; readonly because: string }>> = {
  domain: { imports: [], because: "the vocabulary depends on nothing, so that everything may depend on it" },
  decide: {
    imports: ["domain"],
    because: "a decision that could reach a clock, a socket or a table would not be a pure function of its view",
  },
  ports: { imports: ["domain"], because: "a contract that names one of its implementations is not a contract" },
  drivers: { imports: ["ports", "domain"], because: "a driver can be replaced only while nothing of the product leaks into it" },
  state: { imports: ["domain", "ports", "decide"], because: "tables know the journal's contract, not who reads or changes them" },
  authorization: {
    imports: ["domain", "decide", "ports", "state"],
    because: "one answer to who may do what, for the gateway, the registry and the loops that act for a role; it only reads",
  },
  audit: {
    imports: ["domain", "decide", "ports", "state"],
    because:
      "one record for the gateway and the registry alike; it knows neither, nor where records are kept; how often strangers are recorded is a decision",
  },
  control: {
    imports: ["decide", "state", "ports", "domain", "authorization"],
    because: "loops carry out plans; they must work the same whichever API asked",
  },
  services: {
    imports: ["domain", "state", "decide", "ports", "authorization"],
    because: "an operation records what is wanted; it never talks to the engine itself",
  },
  gateway: {
    imports: ["domain", "state", "decide", "services", "authorization", "audit"],
    because: "the wire is an interpreter over the catalogue and knows no engine",
  },
  registry: {
    imports: ["domain", "state", "ports", "authorization", "audit"],
    because: "the OCI surface stores blobs through the port and shares only state with ECR",
  },
  composition: {
    imports: [
      "domain",
      "decide",
      "ports",
      "drivers",
      "state",
      "authorization",
      "audit",
      "control",
      "services",
      "gateway",
      "registry",
      "disposals",
    ],
    because: "it puts all the others together; they do not know it",
  },
  cli: {
    imports: ["domain", "drivers", "gateway", "composition", "main"],
    because:
      "the command is a client of the gateway; it reads the keys of an installation and asks the engine how it is, but holds no product logic",
  },
};

const src = fileURLToPath(new URL("../../src/", import.meta.url));

interface Import {
  readonly file: string;
  readonly from: string;
  readonly specifier: string;
}

const sources = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith(".d.ts"),
);
const imports = sources.flatMap(importsOf);

describe.each(Object.entries(ROOMS))("src/%s", (room, { imports: allowed, because }) => {
  test(`imports only ${[room, ...allowed].join(", ")}: ${because}`, () => {
    const strangers = imports
      .filter(({ from }) => from === room)
      .flatMap(({ file, specifier }) => {
        const target = roomOfImport(file, specifier);
        return target === undefined || target === room || allowed.includes(target) ? [] : [`${file} imports ${specifier}`];
      });
    expect(strangers).toEqual([]);
  });
});

test("every folder of src is a room with rules, or the testing ground", () => {
  const folders = readdirSync(src, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  expect(folders.toSorted()).toEqual([...Object.keys(ROOMS), "testing"].toSorted());
});

test("every room opens with a README that says what belongs in it", () => {
  const silent = [...Object.keys(ROOMS), "testing"].filter((room) => !readdirSync(join(src, room)).includes("README.md"));
  expect(silent).toEqual([]);
});

test("domain and decide use no package and no part of Node: they are pure, and compiled with `types: []`", () => {
  const impure = imports.filter(({ from, specifier }) => (from === "domain" || from === "decide") && !specifier.startsWith("."));
  expect(impure).toEqual([]);
});

test("only the composition and the command construct drivers: everything else sees a port", () => {
  const users = imports.filter(({ file, specifier }) => roomOfImport(file, specifier) === "drivers").map(({ from }) => from);
  expect([...new Set(users)].filter((room) => !["main", "composition", "cli", "drivers", "testing"].includes(room))).toEqual([]);
});

test("the product does not lean on its testing ground", () => {
  const leaning = imports.filter(({ file, from, specifier }) => from !== "testing" && roomOfImport(file, specifier) === "testing");
  expect(leaning).toEqual([]);
});

test("no file imports itself by way of others, not even for a type: one of them cannot be read, tested or moved without the other", () => {
  const targets = new Map(imports.map(({ file }) => [file, new Set<string>()]));
  for (const { file, specifier } of imports) {
    const target = relative(src, resolve(src, dirname(file), specifier));
    if (specifier.startsWith(".") && targets.has(target)) targets.get(file)?.add(target);
  }
  // Who imports nothing that is left is in no circle, nor are those then who import only such.
  for (let before = Infinity; targets.size < before;) {
    before = targets.size;
    for (const [file, to] of targets) if (![...to].some((target) => targets.has(target))) targets.delete(file);
  }
  const circle: string[] = [];
  for (let at = targets.keys().next().value; at !== undefined; at = [...(targets.get(at) ?? [])].find((to) => targets.has(to))) {
    if (circle.includes(at)) {
      circle.splice(0, circle.indexOf(at));
      break;
    }
    circle.push(at);
  }
  expect(circle).toEqual([]);
});

test("SDK packages are loaded late: outside of a service's own folder they are named in types and in dynamic imports alone", () => {
  const eager = imports
    .filter(({ from }) => from !== "testing" && from !== "services" && from !== "cli")
    .filter(({ file, specifier }) => specifier.startsWith("@aws-sdk/client-") && isEager(file, specifier));
  expect(eager).toEqual([]);
});

test("the key of a scope is written in one place: what is filed under one text is not looked for under another", () => {
  const byHand = sources.filter((file) => /\$\{(\w+\.)?account\}\/\$\{(\w+\.)?region\}/.test(readFileSync(join(src, file), "utf8")));
  expect(byHand).toEqual(["domain/scope.ts"]);
});

test("what the product loads is a dependency of its package, and none of its development alone", () => {
  // Threads that run the sources themselves, as tests do, need what reads TypeScript.
  const inDevelopment = ["tsx/esm/api"];
  const { dependencies } = JSON.parse(readFileSync(join(src, "../package.json"), "utf8")) as { readonly dependencies: object };
  const missing = imports
    .filter(({ from, specifier }) => from !== "testing" && !/^(\.|node:)/.test(specifier))
    .filter(
      ({ file, specifier }) =>
        isLoaded(file, specifier) &&
        !inDevelopment.includes(specifier) &&
        !Object.keys(dependencies).some((name) => `${specifier}/`.startsWith(`${name}/`)),
    );
  expect(missing).toEqual([]);
});

/** Operations see their caller's account. What looks at all accounts is one of these, each for a reason. */
const ACROSS_ACCOUNTS: Readonly<Record<string, string>> = {
  "services/ecs/execute-command.ts": "what the role of the caller's own task may do",
  "services/ec2/change-addresses.ts": "public addresses are drawn from one block for all accounts",
  "services/operation.ts": "tells of it",
  "services/decide-for.ts": "policies of the other account decide",
  "services/ec2/ec2-operation.ts": "an address block for a default VPC must be free on this host",
  "services/ec2/create-peering.ts": "the VPC that is asked may be another account's, which gets a copy of the connection",
  "services/ec2/change-peering.ts": "a change is written for both sides",
  "services/ec2/peerings.ts": "each side is told the other VPC's blocks",
  "services/ec2/delete-vpc.ts": "the other side's peering connections end with the VPC",
  "services/ec2/insights/analyses.ts": "a peering connection leads into a VPC of another account",
  "services/ec2/rule-peers.ts": "a rule may name a group of another account's VPC, where the two are peered",
  "services/ec2/security-group-relations.ts":
    "groups of the accounts on the other sides of peering connections name groups of the caller's",
  "services/ec2/vpc-blocks.ts": "all VPCs are networks of one host, and their addresses must not overlap",
  "services/ecr/check-policy.ts": "who is named in a policy has to be there, in whatever account",
  "services/ecr/pull-through-cache.ts": "who gave a rule its secret may be of another account; the secret's policy decides",
  "services/ecs/run-task.ts": "ports of this host are taken by whomever",
  "services/ecs/check-roles.ts": "the trust policy decides, and roles of other accounts are refused there",
  "services/iam/account.ts": "an account's alias is nobody else's",
  "services/iam/users.ts": "who is deleted or renamed is so in all policies",
  "services/iam/roles.ts": "as above",
  "services/iam/service-linked-roles.ts": "as above",
  "services/kms/encrypt.ts": "a ciphertext tells its key; the key's policy decides",
  "services/kms/grants.ts": "a token tells its grant; the key's policy decides",
  "services/kms/key.ts": "an alias tells its key; the key's policy decides",
  "services/kms/policies.ts": "who is named in a policy has to be there, in whatever account",
  "services/logs/log-group-key.ts": "the key's policy decides",
  "services/route53/route53-operation.ts": "a zone's record sets are counted, and none is looked at: they are all of its account",
  "services/route53/vpc-associations.ts": "a zone's owner lets VPCs of other accounts see it; the record says which",
  "services/route53/vpcs.ts": "a VPC's owner is told which zones it sees, of whichever accounts",
  "services/servicediscovery/create-namespace.ts": "a VPC of the caller tells which zones it sees, of whichever accounts",
  "services/secretsmanager/key-use.ts": "an alias tells its key; the key's policy decides",
  "services/secretsmanager/resource-policies.ts": "who is named in a policy has to be there, in whatever account",
  "services/secretsmanager/secret.ts": "an ARN tells its secret; the secret's policy decides",
  "services/ssm/key-use.ts": "an alias tells its key; the key's policy decides",
  "services/ssm/list-parameters.ts": "what others share is listed, each where its policy allows",
  "services/sts/assume-role-with-web-identity.ts": "the caller has no account; the trust policy decides",
};

test("an operation that looks beyond its caller's account says why, here", () => {
  const across = readdirSync(join(src, "services"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .filter((file) => /\bstate\.whole\b/.test(readFileSync(join(src, "services", file), "utf8")))
    .map((file) => `services/${file}`);
  expect(across.toSorted()).toEqual(Object.keys(ACROSS_ACCOUNTS).toSorted());
});

/** Who both awaits and puts, outside of the loops, where lint refuses `put`: nothing that was read before an `await` is written after it. Each for a reason. */
const AWAITS_AND_PUTS: Readonly<Record<string, string>> = {
  "services/elasticloadbalancing/load-balancer-attributes.ts": "finds the load balancer anew when the bucket has answered",
  "services/ecr/pull-through-cache.ts": "the operations that put do not await, and the one that awaits only asks",
  "services/elasticloadbalancing/trust-store-revocations.ts":
    "the store is looked for again after what was read, and nothing waits from there on",
  "services/elasticloadbalancing/trust-stores.ts": "as above; a new one is looked for again by its name",
  "services/iam/server-certificates.ts":
    "the operation that puts does not await, and the one that awaits looks for the name again and inserts",
  "services/kms/create-key.ts": "the key is new: nobody can have changed it while its material was made",
  "services/logs/log-groups.ts": "the operations that put do not await, and those that await delete",
  "services/logs/log-streams.ts": "as above",
  "services/route53/change-record-sets.ts": "the zone is looked for again after the wait, and its records only then",
};

test("who awaits and writes whole records says here why nothing stale is written (decision 30)", () => {
  const found = ["services", "registry", "state", "authorization"].flatMap((room) =>
    readdirSync(join(src, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .filter((file) => {
        const text = readFileSync(join(src, room, file), "utf8");
        return /^(?!\s*(?:\/?\*|\/\/)).*\bawait\s/m.test(text) && /\.put\(/.test(text);
      })
      .map((file) => `${room}/${file}`),
  );
  expect(found.toSorted()).toEqual(Object.keys(AWAITS_AND_PUTS).toSorted());
});

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(src, file), "utf8");
  const found = text.matchAll(/^\s*(?:import|export)\b[^;"]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm);
  return [...found].map(([, from, bare, dynamic]) => ({ file, from: roomOf(file), specifier: from ?? bare ?? dynamic ?? "" }));
}

function isEager(file: string, specifier: string): boolean {
  const text = readFileSync(join(src, file), "utf8");
  return new RegExp(`^import (?!type\\b)[^;"]*from "${specifier}"`, "m").test(text);
}

/** Not for its types alone. */
function isLoaded(file: string, specifier: string): boolean {
  return (
    isEager(file, specifier) || readFileSync(join(src, file), "utf8").replaceAll("typeof import(", "").includes(`import("${specifier}")`)
  );
}

/** The first folder of a file below `src/`; `main` for the composition root. */
function roomOf(file: string): string {
  const [first = "", second] = file.split("/");
  return second === undefined ? first.replace(/\.ts$/, "") : first;
}

function roomOfImport(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = relative(src, resolve(src, dirname(file), specifier));
  return target.startsWith("..") ? undefined : roomOf(target);
}
