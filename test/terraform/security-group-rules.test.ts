import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

/** Rules in all the ways in which configurations write them; the old kind of resource is a rule of its own, too, and is imported by all that it says. */
const CONFIGURATION = `
resource "aws_default_vpc_dhcp_options" "first" {}
resource "aws_vpc" "main" { cidr_block = "10.87.0.0/16" }
resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 2 + var.step
  entry { cidr = "10.1.0.0/16" }
}
resource "aws_security_group" "old" {
  name   = "old"
  vpc_id = aws_vpc.main.id
}
resource "aws_security_group" "web" {
  name                   = "web"
  vpc_id                 = aws_vpc.main.id
  revoke_rules_on_delete = true
  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = var.step == 1 ? ["10.0.0.0/8", "192.168.0.0/16"] : ["10.0.0.0/8"]
  }
  ingress {
    from_port = 0
    to_port   = 0
    protocol  = "-1"
    self      = true
  }
}
resource "aws_security_group_rule" "ssh" {
  type              = "ingress"
  security_group_id = aws_security_group.old.id
  from_port         = 22
  to_port           = 22
  protocol          = "tcp"
  cidr_blocks       = ["10.0.0.0/8", "192.168.0.0/16"]
  description       = "ssh \${var.step}"
}
resource "aws_security_group_rule" "self" {
  type              = "ingress"
  security_group_id = aws_security_group.old.id
  from_port         = 0
  to_port           = 0
  protocol          = "-1"
  self              = true
}
resource "aws_security_group_rule" "database" {
  type                     = "egress"
  security_group_id        = aws_security_group.old.id
  from_port                = 5432
  to_port                  = var.step == 1 ? 5432 : 5433
  protocol                 = "tcp"
  source_security_group_id = aws_security_group.web.id
}
resource "aws_security_group_rule" "listed" {
  type              = "egress"
  security_group_id = aws_security_group.old.id
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
  prefix_list_ids   = [aws_ec2_managed_prefix_list.offices.id]
}
resource "aws_vpc_security_group_ingress_rule" "new" {
  security_group_id            = aws_security_group.old.id
  referenced_security_group_id = aws_security_group.web.id
  from_port                    = 8080
  to_port                      = 8080 + var.step
  ip_protocol                  = "tcp"
  tags                         = { step = var.step }
}
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
`;

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  `Terraform makes rules of security groups in all its ways, plans clean, changes, imports and destroys them${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
  { timeout: 300_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using stack = await terraform(airfield, mirror ?? "", CONFIGURATION);
    await stack.apply(1);
    expect(await stack.plan(1)).toEqual([]);
    await stack.apply(2);
    expect(await stack.plan(2)).toEqual([]);
    const whole =
      (source: (values: Readonly<Record<string, unknown>>) => readonly unknown[]) => (values: Readonly<Record<string, unknown>>) =>
        [values["security_group_id"], values["type"], values["protocol"], values["from_port"], values["to_port"], ...source(values)].join(
          "_",
        );
    const ids = {
      "aws_security_group_rule.ssh": whole(({ cidr_blocks }) => cidr_blocks as readonly string[]),
      "aws_security_group_rule.self": whole(() => ["self"]),
      "aws_security_group_rule.database": whole(({ source_security_group_id }) => [source_security_group_id]),
      "aws_security_group_rule.listed": whole(({ prefix_list_ids }) => prefix_list_ids as readonly string[]),
    };
    const others = ["vpc_security_group_ingress_rule.new", "vpc_security_group_egress_rule.all", "ec2_managed_prefix_list.offices"];
    expect(await stack.reimport([...Object.keys(ids), ...others.map((name) => `aws_${name}`)], 2, ids)).toEqual([]);
    await stack.destroy(2);
    expect(await stack.made()).toEqual([]);
  },
);
