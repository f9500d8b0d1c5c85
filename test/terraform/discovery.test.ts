import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const CONFIGURATION = `
data "aws_vpc" "default" { default = true }
resource "aws_service_discovery_private_dns_namespace" "private" {
  name        = "svc.local"
  description = "step \${var.step}"
  vpc         = data.aws_vpc.default.id
  tags        = { step = var.step }
}
resource "aws_service_discovery_http_namespace" "http" {
  name = "mesh"
  tags = { step = var.step }
}
resource "aws_service_discovery_public_dns_namespace" "public" {
  name        = "svc.example.com"
  description = "step \${var.step}"
}
resource "aws_service_discovery_service" "web" {
  name        = "web"
  description = "step \${var.step}"
  dns_config {
    namespace_id = aws_service_discovery_private_dns_namespace.private.id
    dns_records {
      ttl  = 10 * var.step
      type = "A"
    }
  }
  health_check_custom_config { failure_threshold = 1 }
}
resource "aws_service_discovery_service" "checked" {
  name = "_checked._tcp"
  dns_config {
    namespace_id   = aws_service_discovery_public_dns_namespace.public.id
    routing_policy = "WEIGHTED"
    dns_records {
      ttl  = 10
      type = "SRV"
    }
  }
  health_check_config {
    type              = "HTTP"
    resource_path     = var.step == 1 ? "/a" : "/b"
    failure_threshold = var.step
  }
}
resource "aws_service_discovery_service" "api" {
  name         = "api"
  namespace_id = aws_service_discovery_http_namespace.http.id
}
resource "aws_service_discovery_instance" "one" {
  instance_id = "one"
  service_id  = aws_service_discovery_service.web.id
  attributes  = { AWS_INSTANCE_IPV4 = cidrhost(data.aws_vpc.default.cidr_block, 100), version = var.step }
}
data "aws_service_discovery_dns_namespace" "found" {
  name = aws_service_discovery_private_dns_namespace.private.name
  type = "DNS_PRIVATE"
}
data "aws_service_discovery_service" "found" {
  name         = aws_service_discovery_service.web.name
  namespace_id = data.aws_service_discovery_dns_namespace.found.id
}
`;

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  `Terraform makes namespaces, services and instances of Cloud Map, plans clean, changes them in place, imports and destroys them${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
  { timeout: 600_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using stack = await terraform(airfield, mirror ?? "", CONFIGURATION);
    await stack.apply(1);
    expect(await stack.plan(1)).toEqual([]);
    const changed = await stack.plan(2);
    expect(changed.filter((text) => !text.endsWith(" update") && !text.startsWith("data."))).toEqual([]);
    expect(changed.filter((text) => text.endsWith(" update"))).not.toEqual([]);
    await stack.apply(2);
    expect(await stack.plan(2)).toEqual([]);
    const services = ["web", "checked", "api"].map((name) => `aws_service_discovery_service.${name}`);
    const namespaces = ["aws_service_discovery_http_namespace.http", "aws_service_discovery_public_dns_namespace.public"];
    expect(await stack.reimport([...services, ...namespaces], 2)).toEqual([]);
    await stack.destroy(2);
  },
);
