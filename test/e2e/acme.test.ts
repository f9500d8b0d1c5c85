import { X509Certificate } from "node:crypto";
import {
  ACMClient,
  DescribeCertificateCommand,
  GetCertificateCommand,
  RequestCertificateCommand,
  waitUntilCertificateValidated,
} from "@aws-sdk/client-acm";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { describe, expect, test } from "vitest";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { pebble, pebbleBinary } from "../../src/testing/pebble.ts";

const binary = await pebbleBinary();

// Real parts: Let's Encrypt's test server looks for its proofs at our name server, which answers from the zone that the API made.
describe.skipIf(binary === undefined)(`an ACME directory${binary === undefined ? " (neither Pebble nor Go is here)" : ""}`, () => {
  test("issues what is requested, once the zone here proves the names", { timeout: 120_000 }, async () => {
    const [port, managementPort, dnsPort] = [await freePort(), await freePort(), await freePort()];
    const dns = `127.0.0.1:${dnsPort}`;
    await using authority = await pebble(binary ?? "", { port, managementPort, dns });
    const environment = {
      AIRFIELD_DNS: dns,
      AIRFIELD_ACME_DIRECTORY: authority.directory,
      AIRFIELD_ACME_CA_FILE: authority.caFile,
      AIRFIELD_ACME_CONTACT: "ops@example.com",
    };
    await using airfield = await airfieldProcess({ environment });
    const acm = airfield.client(ACMClient);
    const route53 = airfield.client(Route53Client);
    const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "acme" }));
    const HostedZoneId = HostedZone?.Id ?? "";
    const names = ["shop.example.com", "example.com", "*.example.com"];
    const [DomainName, ...SubjectAlternativeNames] = names;
    const requested = new RequestCertificateCommand({
      DomainName,
      SubjectAlternativeNames,
      ValidationMethod: "DNS",
      KeyAlgorithm: "EC_prime256v1",
    });
    const { CertificateArn } = await acm.send(requested);
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
    const records = new Map((Certificate?.DomainValidationOptions ?? []).map(({ ResourceRecord: one }) => [one?.Name, one?.Value]));
    const Changes = [...records].map(([Name, Value]) => ({
      Action: "UPSERT" as const,
      ResourceRecordSet: { Name, Type: "CNAME" as const, TTL: 60, ResourceRecords: [{ Value }] },
    }));
    await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
    await waitUntilCertificateValidated({ client: acm, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { CertificateArn });

    const got = await acm.send(new GetCertificateCommand({ CertificateArn }));
    const issued = new X509Certificate(got.Certificate ?? "");
    const issuer = new X509Certificate(got.CertificateChain ?? "");
    expect([issued.checkIssued(issuer), issued.verify(issuer.publicKey)]).toEqual([true, true]);
    expect(issuer.subject).toContain("Pebble Intermediate CA");
    for (const host of ["shop.example.com", "example.com", "any.example.com"]) expect(issued.checkHost(host)).toBeDefined();
    const { ResourceRecordSets = [] } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
    expect(ResourceRecordSets.filter(({ Type }) => Type === "TXT")).toEqual([]);
  });
});
