import {
  ACMClient,
  ImportCertificateCommand,
  ListCertificateDomainValidationsCommand,
  RequestCertificateCommand,
  SearchCertificatesCommand,
  type CertificateFilterStatement,
  type SearchCertificatesCommandInput,
} from "@aws-sdk/client-acm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { madeCertificate } from "../../testing/certificates.ts";

const DAY = 86_400_000;
let api: ApiWorld;
let acm: ACMClient;
let requested: string;
let imported: string;

beforeAll(async () => {
  api = await apiWorld();
  acm = api.client(ACMClient);
  const SubjectAlternativeNames = ["www.shop.example.com"];
  const request = {
    DomainName: "shop.example.com",
    SubjectAlternativeNames,
    ValidationMethod: "DNS",
    KeyAlgorithm: "EC_secp384r1",
  } as const;
  requested = (await acm.send(new RequestCertificateCommand(request))).CertificateArn ?? "";
  const { pem, keyPem } = await madeCertificate({ commonName: "mail.example.com", notAfter: new Date(Date.now() + 5 * DAY) });
  const files = { Certificate: Buffer.from(pem), PrivateKey: Buffer.from(keyPem) };
  imported = (await acm.send(new ImportCertificateCommand(files))).CertificateArn ?? "";
});
afterAll(() => api[Symbol.asyncDispose]());

async function found(input: SearchCertificatesCommandInput): Promise<readonly string[]> {
  const { Results = [] } = await acm.send(new SearchCertificatesCommand(input));
  return Results.map(({ CertificateArn }) => (CertificateArn === requested ? "requested" : CertificateArn === imported ? "imported" : "?"));
}

const x509 = (filter: object): CertificateFilterStatement => ({ Filter: { X509AttributeFilter: filter as never } });
const metadata = (filter: object): CertificateFilterStatement => ({ Filter: { AcmCertificateMetadataFilter: filter as never } });
const named = (Value: string, ComparisonOperator: string) => x509({ Subject: { CommonName: { Value, ComparisonOperator } } });
const soon = x509({ NotAfter: { End: new Date(Date.now() + 10 * DAY) } });

test.each<[string, CertificateFilterStatement | undefined, readonly string[]]>([
  ["nothing", undefined, ["imported", "requested"]],
  ["a type", metadata({ Type: "IMPORTED" }), ["imported"]],
  ["a status", metadata({ Status: "PENDING_VALIDATION" }), ["requested"]],
  ["what is not in use", metadata({ InUse: false }), ["imported", "requested"]],
  ["a validation method", metadata({ ValidationMethod: "DNS" }), ["requested"]],
  ["an ACME account, which there is not", metadata({ AcmeAccountId: "01234567-89ab-cdef-0123-456789abcdef" }), []],
  ["a common name", named("mail.example.com", "EQUALS"), ["imported"]],
  ["a part of one", named("SHOP", "CONTAINS"), ["requested"]],
  ["a part as a whole", named("shop", "EQUALS"), []],
  [
    "another name",
    x509({ SubjectAlternativeName: { DnsName: { Value: "www.shop.example.com", ComparisonOperator: "EQUALS" } } }),
    ["requested"],
  ],
  ["a kind of key", x509({ KeyAlgorithm: "EC_secp384r1" }), ["requested"]],
  ["an end soon", soon, ["imported"]],
  ["no end soon", { Not: soon }, ["requested"]],
  ["one or the other", { Or: [metadata({ Type: "IMPORTED" }), metadata({ Type: "AMAZON_ISSUED" })] }, ["imported", "requested"]],
  ["one and the other", { And: [metadata({ Type: "IMPORTED" }), metadata({ Type: "AMAZON_ISSUED" })] }, []],
])("a search for %s", async (_name, FilterStatement, expected) => {
  expect((await found({ ...(FilterStatement ? { FilterStatement } : {}) })).toSorted()).toEqual(expected);
  expect(api.defects).toEqual([]);
});

test("results are sorted, and come in pages", async () => {
  expect(await found({ SortBy: "COMMON_NAME", SortOrder: "ASCENDING" })).toEqual(["imported", "requested"]);
  expect(await found({ SortBy: "COMMON_NAME", SortOrder: "DESCENDING" })).toEqual(["requested", "imported"]);
  const { NextToken } = await acm.send(new SearchCertificatesCommand({ SortBy: "COMMON_NAME", SortOrder: "ASCENDING", MaxResults: 1 }));
  expect(await found({ SortBy: "COMMON_NAME", SortOrder: "ASCENDING", ...(NextToken ? { NextToken } : {}) })).toEqual(["requested"]);
});

test("a result says what the certificate is", async () => {
  const FilterStatement = { Filter: { CertificateArn: imported } };
  const { Results } = await acm.send(new SearchCertificatesCommand({ FilterStatement }));
  expect(Results).toMatchObject([
    {
      X509Attributes: { Subject: { CommonName: "mail.example.com" }, KeyAlgorithm: "EC-prime256v1" },
      CertificateMetadata: { AcmCertificateMetadata: { Type: "IMPORTED", Status: "ISSUED", InUse: false, Exported: false } },
    },
  ]);
});

test("statements that go too deep are refused", async () => {
  let statement: CertificateFilterStatement = soon;
  for (let depth = 0; depth < 7; depth += 1) statement = { Not: statement };
  await expect(found({ FilterStatement: statement })).rejects.toMatchObject({ name: "ValidationException" });
});

test("the validations of a request are listed by domain; an imported certificate has none", async () => {
  const list = (CertificateArn: string, more = {}) => acm.send(new ListCertificateDomainValidationsCommand({ CertificateArn, ...more }));
  const first = await list(requested, { MaxItems: 1 });
  expect(first.DomainValidationSummaryList).toMatchObject([
    {
      DomainName: "shop.example.com",
      ActiveValidationConfiguration: {
        ValidationMethod: "DNS",
        ValidationStatus: "PENDING_VALIDATION",
        ValidationChallenge: { DnsValidationChallenge: { ResourceRecord: { Type: "CNAME" } } },
      },
    },
  ]);
  const rest = await list(requested, { NextToken: first.NextToken });
  expect(rest.DomainValidationSummaryList?.map(({ DomainName }) => DomainName)).toEqual(["www.shop.example.com"]);
  await expect(list(imported)).rejects.toMatchObject({ name: "ValidationException" });
});
