import type { AwsManagedPolicy } from "./aws-managed-policy.ts";

/** Policies for Amazon Route 53, AWS Cloud Map and AWS Certificate Manager. */
export const NAMING: readonly AwsManagedPolicy[] = [
  {
    name: "AmazonRoute53FullAccess",
    path: "/",
    versionId: "v7",
    createdAt: "2015-02-06T18:40:54Z",
    updatedAt: "2026-02-12T18:00:40Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "route53:*",
            "route53domains:*",
            "cloudfront:ListDistributions",
            "cloudfront:GetDistributionTenantByDomain",
            "cloudfront:GetConnectionGroup",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:GetMetricStatistics",
            "cloudwatch:GetMetricData",
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeRegions",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticbeanstalk:DescribeEnvironments",
            "es:ListDomainNames",
            "es:DescribeDomains",
            "lightsail:GetContainerServices",
            "s3:ListBucket",
            "s3:GetBucketLocation",
            "s3:GetBucketWebsite",
            "sns:ListTopics",
            "sns:ListSubscriptionsByTopic",
            "tag:GetResources",
          ],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: "apigateway:GET",
          Resource: "arn:aws:apigateway:*::/domainnames",
        },
      ],
    },
  },
  {
    name: "AmazonRoute53ReadOnlyAccess",
    path: "/",
    versionId: "v2",
    createdAt: "2015-02-06T18:40:55Z",
    updatedAt: "2016-11-15T21:15:16Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["route53:Get*", "route53:List*", "route53:TestDNSAnswer"],
          Resource: ["*"],
        },
      ],
    },
  },
  {
    name: "AWSCloudMapFullAccess",
    path: "/",
    versionId: "v2",
    createdAt: "2018-11-28T23:57:31Z",
    updatedAt: "2020-07-29T19:15:35Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "route53:GetHostedZone",
            "route53:ListHostedZonesByName",
            "route53:CreateHostedZone",
            "route53:DeleteHostedZone",
            "route53:ChangeResourceRecordSets",
            "route53:CreateHealthCheck",
            "route53:GetHealthCheck",
            "route53:DeleteHealthCheck",
            "route53:UpdateHealthCheck",
            "ec2:DescribeVpcs",
            "ec2:DescribeRegions",
            "ec2:DescribeInstances",
            "servicediscovery:*",
          ],
          Resource: ["*"],
        },
      ],
    },
  },
  {
    name: "AWSCloudMapReadOnlyAccess",
    path: "/",
    versionId: "v2",
    createdAt: "2018-11-28T23:45:26Z",
    updatedAt: "2023-09-20T21:47:45Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "servicediscovery:Get*",
            "servicediscovery:List*",
            "servicediscovery:DiscoverInstances",
            "servicediscovery:DiscoverInstancesRevision",
          ],
          Resource: ["*"],
        },
      ],
    },
  },
  {
    name: "AWSCertificateManagerFullAccess",
    path: "/",
    versionId: "v2",
    createdAt: "2016-01-21T17:02:36Z",
    updatedAt: "2020-08-17T22:18:28Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["acm:*"],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: "iam:CreateServiceLinkedRole",
          Resource: "arn:aws:iam::*:role/aws-service-role/acm.amazonaws.com/AWSServiceRoleForCertificateManager*",
          Condition: {
            StringEquals: {
              "iam:AWSServiceName": "acm.amazonaws.com",
            },
          },
        },
        {
          Effect: "Allow",
          Action: ["iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRoleDeletionStatus", "iam:GetRole"],
          Resource: "arn:aws:iam::*:role/aws-service-role/acm.amazonaws.com/AWSServiceRoleForCertificateManager*",
        },
      ],
    },
  },
  {
    name: "AWSCertificateManagerReadOnly",
    path: "/",
    versionId: "v5",
    createdAt: "2016-01-21T17:07:33Z",
    updatedAt: "2026-03-31T18:57:22Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "acm:DescribeCertificate",
            "acm:ListCertificates",
            "acm:SearchCertificates",
            "acm:GetCertificate",
            "acm:ListTagsForCertificate",
            "acm:GetAccountConfiguration",
          ],
          Resource: "*",
        },
      ],
    },
  },
];
