import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const CONFIGURATION = `
data "aws_vpc" "default" { default = true }
resource "aws_lb_target_group" "sticky" {
  name                          = "sticky"
  port                          = 8080
  protocol                      = "HTTP"
  vpc_id                        = data.aws_vpc.default.id
  target_type                   = "ip"
  slow_start                    = var.step == 1 ? 0 : 30
  deregistration_delay          = var.step == 1 ? 300 : 15
  stickiness {
    type            = "lb_cookie"
    cookie_duration = var.step == 1 ? 3600 : 7200
  }
  target_group_health {
    dns_failover {
      minimum_healthy_targets_count = "off"
    }
    unhealthy_state_routing {
      minimum_healthy_targets_count = var.step
    }
  }
  health_check {
    path     = var.step == 1 ? "/a" : "/b"
    matcher  = "200-299"
    interval = 15
  }
}
resource "aws_lb_target_group" "app_cookie" {
  name                          = "app-cookie"
  port                          = 8080
  protocol                      = "HTTPS"
  vpc_id                        = data.aws_vpc.default.id
  target_type                   = "ip"
  load_balancing_algorithm_type = "weighted_random"
  stickiness {
    type        = "app_cookie"
    cookie_name = var.step == 1 ? "SESSION" : "SID"
  }
  health_check { protocol = "HTTPS" }
}
resource "aws_lb_target_group" "grpc" {
  name             = "grpc"
  port             = 50051
  protocol         = "HTTP"
  protocol_version = "GRPC"
  vpc_id           = data.aws_vpc.default.id
  target_type      = "ip"
  health_check { matcher = var.step == 1 ? "12" : "0-99" }
}
resource "aws_lb_target_group" "http2" {
  name             = "http2"
  port             = 8080
  protocol         = "HTTP"
  protocol_version = "HTTP2"
  vpc_id           = data.aws_vpc.default.id
}
resource "aws_lb_target_group" "tcp" {
  name               = "tcp"
  port               = 9000
  protocol           = "TCP"
  vpc_id             = data.aws_vpc.default.id
  target_type        = "ip"
  preserve_client_ip = false
  stickiness {
    type    = "source_ip"
    enabled = var.step == 2
  }
  health_check {
    protocol = var.step == 1 ? "TCP" : "HTTP"
  }
}
resource "aws_lb_target_group_attachment" "ip" {
  target_group_arn = aws_lb_target_group.sticky.arn
  target_id        = cidrhost(data.aws_vpc.default.cidr_block, 100)
  port             = 8081
}
`;

const GROUPS = ["sticky", "app_cookie", "grpc", "http2", "tcp"].map((name) => `aws_lb_target_group.${name}`);

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  `Terraform makes target groups of every kind, plans clean, changes them in place, imports and destroys them${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
  { timeout: 600_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using tf = await terraform(airfield, mirror ?? "", CONFIGURATION);
    await tf.apply(1);
    expect(await tf.plan(1)).toEqual([]);
    // The one that has nothing of the step stays as it is.
    expect(await tf.plan(2)).toEqual(
      GROUPS.filter((one) => !one.endsWith("http2"))
        .map((one) => `${one} update`)
        .toSorted(),
    );
    await tf.apply(2);
    expect(await tf.plan(2)).toEqual([]);
    expect(await tf.reimport(GROUPS, 2)).toEqual([]);
    await tf.destroy(2);
  },
);
