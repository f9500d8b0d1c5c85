import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { madeCertificate } from "../../src/testing/certificates.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const mirror = await terraformMirror();
const heredoc = (text: string): string => `<<-PEM\n${text}PEM`;

async function configuration(): Promise<string> {
  const made = await Promise.all(["one", "two"].map((organisation) => madeCertificate({ commonName: "old.example.com", organisation })));
  const [bodies, keys] = [made.map(({ pem }) => heredoc(pem)), made.map(({ keyPem }) => heredoc(keyPem))];
  return `
locals {
  bodies = [
${bodies.map((body) => `    ${body}\n    ,`).join("\n")}
  ]
  keys = [
${keys.map((key) => `    ${key}\n    ,`).join("\n")}
  ]
}
resource "aws_route53_zone" "shop" {
  name = "shop.test"
}
resource "aws_acm_certificate" "shop" {
  domain_name               = "shop.test"
  subject_alternative_names = ["*.shop.test", "www.shop.test"]
  validation_method         = "DNS"
  key_algorithm             = "EC_prime256v1"
  options {
    certificate_transparency_logging_preference = var.step == 1 ? "ENABLED" : "DISABLED"
  }
  tags = { step = var.step }
  lifecycle { create_before_destroy = true }
}
resource "aws_route53_record" "proof" {
  for_each        = { for one in aws_acm_certificate.shop.domain_validation_options : one.domain_name => one }
  zone_id         = aws_route53_zone.shop.zone_id
  name            = each.value.resource_record_name
  type            = each.value.resource_record_type
  records         = [each.value.resource_record_value]
  ttl             = 60
  allow_overwrite = true
}
resource "aws_acm_certificate_validation" "shop" {
  certificate_arn         = aws_acm_certificate.shop.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}
resource "aws_acm_certificate" "imported" {
  certificate_body = local.bodies[var.step - 1]
  private_key      = local.keys[var.step - 1]
  tags             = { step = var.step }
}
data "aws_acm_certificate" "found" {
  domain     = "shop.test"
  statuses   = ["ISSUED"]
  key_types  = ["EC_prime256v1"]
  depends_on = [aws_acm_certificate_validation.shop]
}
`;
}

test.skipIf(mirror === undefined)(
  `Terraform requests, validates and imports certificates, changes them in place, and takes them up${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
  { timeout: 400_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using stack = await terraform(airfield, mirror ?? "", await configuration());
    await stack.apply(1);
    expect(await stack.plan(1)).toEqual([]);
    const changed = await stack.plan(2);
    expect(changed.toSorted()).toEqual(["aws_acm_certificate.imported update", "aws_acm_certificate.shop update"]);
    await stack.apply(2);
    expect(await stack.plan(2)).toEqual([]);
    expect(await stack.reimport(["aws_acm_certificate.shop"], 2)).toEqual([]);
    await stack.destroy(2);
    const { stdout } = await airfield.aws("acm", "list-certificates", "--includes", "keyTypes=EC_prime256v1", "--output", "json");
    expect(JSON.parse(stdout)).toEqual({ CertificateSummaryList: [] });
  },
);
