import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const CONFIGURATION = `
data "aws_availability_zones" "az" { state = "available" }
data "aws_caller_identity" "me" {}
resource "aws_default_vpc" "default" {}
resource "aws_default_subnet" "first" { availability_zone = data.aws_availability_zones.az.names[0] }
resource "aws_vpc" "main" {
  cidr_block                           = "10.77.0.0/16"
  enable_dns_hostnames                 = var.step == 2
  enable_network_address_usage_metrics = var.step == 2
  tags                                 = { Name = "main", step = var.step }
}
resource "aws_vpc_ipv4_cidr_block_association" "more" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.78.0.0/20"
}
resource "aws_subnet" "private" {
  count                               = 2
  vpc_id                              = aws_vpc.main.id
  cidr_block                          = cidrsubnet(aws_vpc.main.cidr_block, 8, 10 + count.index)
  availability_zone                   = data.aws_availability_zones.az.names[count.index]
  map_public_ip_on_launch             = var.step == 2
  private_dns_hostname_type_on_launch = var.step == 2 ? "resource-name" : "ip-name"
  tags                                = { step = var.step }
}
resource "aws_subnet" "more" {
  vpc_id     = aws_vpc_ipv4_cidr_block_association.more.vpc_id
  cidr_block = "10.78.1.0/24"
}
resource "aws_ec2_subnet_cidr_reservation" "kept" {
  subnet_id        = aws_subnet.private[0].id
  cidr_block       = cidrsubnet(aws_subnet.private[0].cidr_block, 4, 15)
  reservation_type = "explicit"
}
resource "aws_vpc_dhcp_options" "own" {
  domain_name         = "corp.test"
  domain_name_servers = ["AmazonProvidedDNS"]
  tags                = { step = var.step }
}
resource "aws_vpc_dhcp_options_association" "own" {
  vpc_id          = aws_vpc.main.id
  dhcp_options_id = aws_vpc_dhcp_options.own.id
}
resource "aws_vpc" "other" {
  cidr_block           = "10.79.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_vpc_peering_connection" "both" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = aws_vpc.other.id
  auto_accept = true
  tags        = { step = var.step }
}
resource "aws_vpc" "third" {
  cidr_block           = "10.80.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_vpc_peering_connection" "asked" {
  vpc_id        = aws_vpc.other.id
  peer_vpc_id   = aws_vpc.third.id
  peer_owner_id = data.aws_caller_identity.me.account_id
}
resource "aws_vpc_peering_connection_accepter" "asked" {
  vpc_peering_connection_id = aws_vpc_peering_connection.asked.id
  auto_accept               = true
}
resource "aws_vpc_peering_connection_options" "asked" {
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.asked.id
  requester { allow_remote_vpc_dns_resolution = var.step == 2 }
}
resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices \${var.step}"
  address_family = "IPv4"
  max_entries    = 4 + var.step
  entry {
    cidr        = "10.1.0.0/16"
    description = "Berlin"
  }
  dynamic "entry" {
    for_each = var.step == 1 ? ["10.2.0.0/16"] : ["10.3.0.0/16", "10.4.0.0/16"]
    content { cidr = entry.value }
  }
}
resource "aws_ec2_managed_prefix_list" "apart" {
  name           = "apart"
  address_family = "IPv4"
  max_entries    = 2
}
resource "aws_ec2_managed_prefix_list_entry" "one" {
  prefix_list_id = aws_ec2_managed_prefix_list.apart.id
  cidr           = "10.9.0.0/16"
}
data "aws_ec2_managed_prefix_list" "s3" { name = "com.amazonaws.us-east-1.s3" }
data "aws_prefix_list" "s3" { name = "com.amazonaws.us-east-1.s3" }
data "aws_vpc_dhcp_options" "own" { dhcp_options_id = aws_vpc_dhcp_options.own.id }
`;

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  `Terraform makes VPCs with all that is theirs, plans clean, changes them in place, imports and destroys them${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
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
    const own = [
      "vpc.main",
      "subnet.private[0]",
      "vpc_dhcp_options.own",
      "vpc_peering_connection.asked",
      "ec2_managed_prefix_list.offices",
    ];
    expect(
      await stack.reimport(
        [...own, "vpc_ipv4_cidr_block_association.more"].map((name) => `aws_${name}`),
        2,
      ),
    ).toEqual([]);
    await stack.destroy(2);
    const { stdout } = await airfield.aws("ec2", "describe-vpcs", "--query", "Vpcs[].IsDefault", "--output", "text");
    expect(stdout.trim()).toBe("True");
  },
);
