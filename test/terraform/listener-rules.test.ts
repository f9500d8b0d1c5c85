import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { freePort } from "../../src/testing/airfield-process.ts";
import { madeCertificate } from "../../src/testing/certificates.ts";
import { lifecycle } from "./lifecycle.ts";

/** Authorities of clients, in a folder that stands for buckets. */
const buckets = await mkdtemp(join(tmpdir(), "airfield-buckets-"));
afterAll(() => rm(buckets, { recursive: true, force: true }));

async function configuration(): Promise<string> {
  const port = await freePort();
  await mkdir(join(buckets, "bundles"));
  for (const name of ["one", "two"])
    await writeFile(join(buckets, "bundles", `${name}.pem`), (await madeCertificate({ commonName: name, authority: true, key: 2048 })).pem);
  const { pem, keyPem } = await madeCertificate({ commonName: "app.example.com", key: 2048 });
  return `
data "aws_vpc" "default" { default = true }
data "aws_subnets" "all" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}
resource "aws_acm_certificate" "app" {
  certificate_body = <<-PEM
${pem}PEM
  private_key      = <<-PEM
${keyPem}PEM
}
resource "aws_lb_trust_store" "clients" {
  name                             = "clients"
  ca_certificates_bundle_s3_bucket = "bundles"
  ca_certificates_bundle_s3_key    = var.step == 1 ? "one.pem" : "two.pem"
}
resource "aws_lb" "app" {
  name    = "app"
  subnets = data.aws_subnets.all.ids
}
resource "aws_lb_target_group" "app" {
  name        = "app"
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = data.aws_vpc.default.id
}
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.app.arn
  port              = ${port}
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.app.arn
  mutual_authentication {
    mode            = "verify"
    trust_store_arn = aws_lb_trust_store.clients.arn
  }
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "log in"
      status_code  = "200"
    }
  }
}
resource "aws_lb_listener_rule" "login" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10
  condition {
    path_pattern { values = ["/private/*"] }
  }
  action {
    type = "authenticate-oidc"
    authenticate_oidc {
      issuer                     = "https://login.example.com"
      authorization_endpoint     = "https://login.example.com/authorize"
      token_endpoint             = "https://login.example.com/token"
      user_info_endpoint         = "https://login.example.com/userinfo"
      client_id                  = "app"
      client_secret              = "not told to anybody"
      scope                      = var.step == 1 ? "openid" : "openid email"
      session_timeout            = 3600
      on_unauthenticated_request = "authenticate"
    }
  }
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }
}
`;
}

lifecycle("Terraform asks users to log in by a rule, and clients for certificates", {
  configuration,
  environment: { environment: { AIRFIELD_BUCKETS: buckets } },
  changes: ["aws_lb_listener_rule.login update", "aws_lb_trust_store.clients update"],
  imports: ["aws_lb_listener.https"],
  left: [
    ["elbv2", "describe-load-balancers", "--query", "LoadBalancers"],
    ["elbv2", "describe-trust-stores", "--query", "TrustStores"],
  ],
});
