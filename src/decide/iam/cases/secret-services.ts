import { ACCOUNT, allow, deny, grant, OTHER, policy, root, session, user, type Situation } from "./case.ts";

const secret = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:aes128-1a2b3c`;
const key = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

// AWS Secrets Manager User Guide, "Permissions policy examples". Systems Manager User Guide, "Restricting access to parameters".
const SECRETS: readonly Situation[] = [
  {
    about: "Secrets Manager: secrets by name, whatever their suffix",
    identity: [policy(allow("secretsmanager:GetSecretValue", `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:aes128-??????`))],
    cases: [
      { that: "the secret", does: "secretsmanager:GetSecretValue", on: secret, so: "allowed" },
      {
        that: "one whose name goes on",
        does: "secretsmanager:GetSecretValue",
        on: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:aes128-old-1a2b3c`,
        so: "no identity-based policy",
      },
      { that: "no change", does: "secretsmanager:PutSecretValue", on: secret, so: "no identity-based policy" },
    ],
  },
  {
    about: "Secrets Manager: only the current version",
    identity: [
      policy(
        allow("secretsmanager:GetSecretValue", "*", {
          Condition: { "ForAnyValue:StringEquals": { "secretsmanager:VersionStage": "AWSCURRENT" } },
        }),
      ),
    ],
    cases: [
      {
        that: "the current one",
        does: "secretsmanager:GetSecretValue",
        on: secret,
        with: { "secretsmanager:VersionStage": "AWSCURRENT" },
        so: "allowed",
      },
      {
        that: "the one before",
        does: "secretsmanager:GetSecretValue",
        on: secret,
        with: { "secretsmanager:VersionStage": "AWSPREVIOUS" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "Secrets Manager: a secret's own policy",
    identity: [policy(allow("secretsmanager:*"))],
    resource: policy(
      grant({ AWS: `arn:aws:iam::${OTHER}:role/EC2RoleToAccessSecrets` }, "secretsmanager:GetSecretValue"),
      grant("*", "secretsmanager:DeleteSecret", { Effect: "Deny", Condition: { StringNotEquals: { "aws:PrincipalTag/admin": "true" } } }),
    ),
    cases: [
      {
        that: "a role of another account reads it",
        as: session("EC2RoleToAccessSecrets", "i-1", OTHER),
        owner: ACCOUNT,
        does: "secretsmanager:GetSecretValue",
        on: secret,
        so: "allowed",
      },
      {
        that: "another role does not",
        as: session("Other", "i-1", OTHER),
        owner: ACCOUNT,
        does: "secretsmanager:GetSecretValue",
        on: secret,
        so: "no resource-based policy",
      },
      { that: "nobody without the tag deletes it", does: "secretsmanager:DeleteSecret", on: secret, so: "deny: resource-based policy" },
      {
        that: "who has it does",
        does: "secretsmanager:DeleteSecret",
        on: secret,
        with: { "aws:PrincipalTag/admin": "true" },
        so: "allowed",
      },
    ],
  },
  {
    about: "SSM: parameters below a path",
    identity: [
      policy(
        allow(["ssm:GetParameter*"], `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/prod/*`),
        deny("ssm:GetParametersByPath", "*", { Condition: { StringEquals: { "ssm:Recursive": "true" } } }),
      ),
    ],
    cases: [
      { that: "one below it", does: "ssm:GetParameter", on: `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/prod/db`, so: "allowed" },
      {
        that: "one beside it",
        does: "ssm:GetParameter",
        on: `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/production`,
        so: "no identity-based policy",
      },
      { that: "its history", does: "ssm:GetParameterHistory", on: `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/prod/db`, so: "allowed" },
      {
        that: "not recursively",
        does: "ssm:GetParametersByPath",
        on: `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/prod/a`,
        with: { "ssm:Recursive": "true" },
        so: "deny: identity-based policy",
      },
    ],
  },
];

// AWS KMS Developer Guide, "Default key policy", "Condition keys for AWS KMS".
const KMS: readonly Situation[] = [
  {
    about: "KMS: the default key policy",
    resourceDecides: true,
    identity: [policy(allow("kms:Decrypt", key))],
    resource: policy(grant({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, "kms:*", { Sid: "EnableIAMUserPermissions" })),
    cases: [
      { that: "identity policies count", does: "kms:Decrypt", on: key, so: "allowed" },
      { that: "and have to allow", does: "kms:Encrypt", on: key, so: "no identity-based policy" },
      { that: "root may everything", as: root(), does: "kms:ScheduleKeyDeletion", on: key, so: "allowed" },
      {
        that: "another account may nothing",
        as: user("Z", OTHER),
        owner: ACCOUNT,
        does: "kms:Decrypt",
        on: key,
        so: "no resource-based policy",
      },
    ],
  },
  {
    about: "KMS: a key policy that does not name the account",
    resourceDecides: true,
    identity: [policy(allow("kms:*"))],
    resource: policy(grant({ AWS: `arn:aws:iam::${ACCOUNT}:user/KeyUser` }, ["kms:Decrypt", "kms:DescribeKey"])),
    cases: [
      { that: "identity policies do not count", does: "kms:Decrypt", on: key, so: "no resource-based policy" },
      { that: "who is named may", as: user("KeyUser"), does: "kms:Decrypt", on: key, so: "allowed" },
      { that: "root may not", as: root(), does: "kms:Decrypt", on: key, so: "no resource-based policy" },
    ],
  },
  {
    about: "KMS: an encryption context, and by way of a service",
    resourceDecides: true,
    resource: policy(
      grant({ AWS: `arn:aws:iam::${ACCOUNT}:role/RoleForExampleApp` }, ["kms:Encrypt", "kms:Decrypt"], {
        Condition: { StringEquals: { "kms:EncryptionContext:AppName": "ExampleApp" } },
      }),
      grant({ AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` }, "kms:GenerateDataKey", {
        Condition: { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } },
      }),
      grant({ AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` }, "kms:CreateGrant", { Condition: { Bool: { "kms:GrantIsForAWSResource": true } } }),
    ),
    cases: [
      {
        that: "the right context",
        as: session("RoleForExampleApp"),
        does: "kms:Decrypt",
        on: key,
        with: { "kms:EncryptionContext:AppName": "ExampleApp" },
        so: "allowed",
      },
      {
        that: "the wrong one",
        as: session("RoleForExampleApp"),
        does: "kms:Decrypt",
        on: key,
        with: { "kms:EncryptionContext:AppName": "exampleapp" },
        so: "no resource-based policy",
      },
      { that: "none", as: session("RoleForExampleApp"), does: "kms:Decrypt", on: key, so: "no resource-based policy" },
      {
        that: "by way of Secrets Manager",
        does: "kms:GenerateDataKey",
        on: key,
        with: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" },
        so: "allowed",
      },
      { that: "directly", does: "kms:GenerateDataKey", on: key, so: "no resource-based policy" },
      { that: "a grant for a service", does: "kms:CreateGrant", on: key, with: { "kms:GrantIsForAWSResource": "true" }, so: "allowed" },
      {
        that: "a grant for a person",
        does: "kms:CreateGrant",
        on: key,
        with: { "kms:GrantIsForAWSResource": "false" },
        so: "no resource-based policy",
      },
    ],
  },
];

export const SECRET_SERVICES: readonly Situation[] = [...SECRETS, ...KMS];
