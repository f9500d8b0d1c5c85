import { lifecycle } from "./lifecycle.ts";

const policy = (address: string): string => `jsonencode({
    AWSPolicyFormatVersion = "2015-10-01"
    RecordType             = "A"
    StartRule              = "half"
    Endpoints = {
      one = { Type = "value", Value = "192.0.2.1" }
      two = { Type = "value", Value = ${address} }
    }
    Rules = {
      half = {
        RuleType = "weighted"
        Items    = [{ EndpointReference = "one", Weight = "1" }, { EndpointReference = "two", Weight = "1" }]
      }
    }
  })`;

const CONFIGURATION = `
data "aws_caller_identity" "me" {}
resource "aws_route53_delegation_set" "shared" { reference_name = "shop" }
resource "aws_route53_zone" "shop" {
  name              = "shop.test"
  delegation_set_id = aws_route53_delegation_set.shared.id
}
resource "aws_route53_zone" "blog" {
  name              = "blog.test"
  delegation_set_id = aws_route53_delegation_set.shared.id
}
resource "aws_route53_cidr_collection" "offices" { name = "offices" }
resource "aws_route53_cidr_location" "berlin" {
  cidr_collection_id = aws_route53_cidr_collection.offices.id
  name               = "berlin"
  cidr_blocks        = var.step == 1 ? ["192.0.2.0/24"] : ["192.0.2.0/24", "2001:db8::/32"]
}
resource "aws_route53_record" "www" {
  for_each       = { berlin = aws_route53_cidr_location.berlin.name, everybody = "*" }
  zone_id        = aws_route53_zone.shop.zone_id
  name           = "www.shop.test"
  type           = "A"
  ttl            = 60
  records        = ["203.0.113.1"]
  set_identifier = each.key
  cidr_routing_policy {
    collection_id = aws_route53_cidr_collection.offices.id
    location_name = each.value
  }
}
resource "aws_route53_traffic_policy" "half" {
  name     = "half"
  comment  = "step \${var.step}"
  document = ${policy('"192.0.2.2"')}
}
resource "aws_route53_traffic_policy_instance" "half" {
  name                   = "half.shop.test"
  hosted_zone_id         = aws_route53_zone.shop.zone_id
  traffic_policy_id      = aws_route53_traffic_policy.half.id
  traffic_policy_version = aws_route53_traffic_policy.half.version
  ttl                    = 60 * var.step
}
resource "aws_cloudwatch_log_group" "queries" { name = "/aws/route53/shop.test" }
resource "aws_cloudwatch_log_resource_policy" "queries" {
  policy_name = "route53"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "route53.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "arn:aws:logs:*:\${data.aws_caller_identity.me.account_id}:log-group:/aws/route53/*"
    }]
  })
}
resource "aws_route53_query_log" "shop" {
  zone_id                  = aws_route53_zone.shop.zone_id
  cloudwatch_log_group_arn = aws_cloudwatch_log_group.queries.arn
  depends_on               = [aws_cloudwatch_log_resource_policy.queries]
}
`;

lifecycle("Terraform shares name servers, answers by location and by a policy, and logs what is asked", {
  configuration: CONFIGURATION,
  changes: [
    "aws_route53_cidr_location.berlin update",
    "aws_route53_traffic_policy.half update",
    "aws_route53_traffic_policy_instance.half update",
  ],
  // The provider does not read a delegation set's reference: an imported one would be made anew, on AWS as well.
  imports: [
    ...["aws_route53_cidr_collection.offices", "aws_route53_cidr_location.berlin"],
    ...["aws_route53_traffic_policy.half", "aws_route53_traffic_policy_instance.half"],
    ...["aws_route53_query_log.shop", "aws_cloudwatch_log_resource_policy.queries"],
  ],
  ids: { "aws_route53_traffic_policy.half": ({ id, version }) => `${id}/${version}` },
  left: [
    ["route53", "list-cidr-collections", "--query", "CidrCollections"],
    ["route53", "list-reusable-delegation-sets", "--query", "DelegationSets"],
    ["route53", "list-traffic-policies", "--query", "TrafficPolicySummaries"],
    ["route53", "list-query-logging-configs", "--query", "QueryLoggingConfigs"],
  ],
});
