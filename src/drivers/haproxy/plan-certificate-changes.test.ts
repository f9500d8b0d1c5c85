import { describe, expect, test } from "vitest";
import type { ProxyCertificate, ProxyTls } from "../../domain/proxy-tls.ts";
import { planCertificateChanges, shownIn, type ShownCertificates } from "./plan-certificate-changes.ts";
import { certificateList, type CertificateList } from "./tls-names.ts";

const certificate = (id: string, hosts: readonly string[], pem = `pem of ${id}`): ProxyCertificate => ({ id, hosts, pem });

function list(listener: string, ...certificates: ProxyTls["certificates"]): CertificateList {
  return certificateList(listener, { owner: "lb", certificates, versions: ["TLSv1.2"], ciphers: [], alpn: [] });
}

const [first, shop] = [certificate("first", []), certificate("shop", ["shop.test"])];
const before = list("web", first, shop);
const [own = "", ofShop = ""] = before.entries.map(({ file }) => file);

/** The commands, and what is shown when they were carried out. */
function plan(shown: ShownCertificates, ...wanted: readonly CertificateList[]): { commands: readonly string[]; after: ShownCertificates } {
  const steps = planCertificateChanges(shown, wanted);
  if (!steps) throw new Error("needs a reload");
  return { commands: steps.flatMap(({ commands }) => commands), after: steps.reduce((now, step) => step.after(now), shown) };
}

test("nothing is told of what is shown already", () => {
  expect(planCertificateChanges(shownIn([before]), [list("web", first, shop)])).toEqual([]);
  expect(planCertificateChanges(undefined, [])).toEqual([]);
});

describe("without a reload", () => {
  test("another default takes the place of the one before", () => {
    const wanted = list("web", certificate("other", []), shop);
    const { commands, after } = plan(shownIn([before]), wanted);
    expect(commands).toEqual([`set ssl cert ${own} <<\npem of other\n`, `commit ssl cert ${own}`]);
    expect(after).toEqual(shownIn([wanted]));
  });

  test("a renewed certificate takes the place of the one before, in every list", () => {
    const both = [before, list("api", first, shop)];
    const renewed = certificate("shop", ["shop.test"], "line one\r\n\nline two\n");
    const wanted = [list("web", first, renewed), list("api", first, renewed)];
    const { commands, after } = plan(shownIn(both), ...wanted);
    expect(commands).toEqual([`set ssl cert ${ofShop} <<\nline one\nline two\n`, `commit ssl cert ${ofShop}`]);
    expect(after).toEqual(shownIn(wanted));
  });

  test("a further certificate comes with its names", () => {
    const wanted = list("web", first, shop, certificate("api", ["api.test", "*.api.test"]));
    const file = wanted.entries.at(-1)?.file ?? "";
    const { commands, after } = plan(shownIn([before]), wanted);
    expect(commands).toEqual([
      `new ssl cert ${file}`,
      `set ssl cert ${file} <<\npem of api\n`,
      `commit ssl cert ${file}`,
      `add ssl crt-list ${before.name} <<\n${file} api.test *.api.test\n`,
    ]);
    expect(after).toEqual(shownIn([wanted]));
  });

  test("one that leaves goes from the list, and then altogether unless another list shows it", () => {
    const alone = plan(shownIn([before]), list("web", first));
    expect(alone.commands).toEqual([`del ssl crt-list ${before.name} ${ofShop}`, `del ssl cert ${ofShop}`]);
    expect(alone.after).toEqual(shownIn([list("web", first)]));
    const api = list("api", first, shop);
    expect(plan(shownIn([before, api]), list("web", first), api).commands).toEqual([`del ssl crt-list ${before.name} ${ofShop}`]);
  });

  test("other names are there before those of before go, so that no name is without its certificate", () => {
    const { commands } = plan(shownIn([before]), list("web", first, certificate("shop", ["shop.test", "www.test"])));
    expect(commands.map((command) => command.split(" ").slice(0, 3).join(" "))).toEqual([
      ...["new ssl cert", "set ssl cert", "commit ssl cert", "add ssl crt-list"],
      ...["del ssl crt-list", "del ssl cert"],
    ]);
  });
});

test.each<[string, ShownCertificates | undefined, CertificateList]>([
  ["it is not known what is shown", undefined, before],
  ["a list is not there", shownIn([list("api", first)]), before],
  ["a certificate is longer than a command may be", shownIn([before]), list("web", certificate("first", [], "x".repeat(20_000)), shop)],
])("a reload is needed where %s", (_, shown, wanted) => {
  expect(planCertificateChanges(shown, [wanted])).toBeUndefined();
});

test("what is noted tells no key", () => {
  expect(JSON.stringify(shownIn([before]))).not.toContain("pem of");
});
