import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteRolePolicyCommand,
  DeleteServerCertificateCommand,
  GetServerCertificateCommand,
  GetUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateGroupCommand,
  UpdateServerCertificateCommand,
  UpdateUserCommand,
  UploadServerCertificateCommand,
  CreateGroupCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { madeCertificate } from "../../testing/certificates.ts";

// What AWS's "Actions, resources, and condition keys for IAM" says that policies can tell apart: each line is let in by the one policy,
// and refused by the other, which differs in nothing else.

const IAM = "arn:aws:iam::123456789012";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const NOTHING = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] });
const BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess";
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";

const allow = (Action: string | readonly string[], Resource: string | readonly string[], Condition?: object) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource, ...(Condition ? { Condition } : {}) }],
});
const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });

const tags = [{ Key: "team", Value: "web" }];
const certificate = await madeCertificate({ commonName: "web.test" });

async function populated(api: ApiWorld): Promise<void> {
  const iam = api.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "bob", Path: "/team/", Tags: [{ Key: "team", Value: "web" }] }));
  await iam.send(new CreateGroupCommand({ GroupName: "devs", Path: "/team/" }));
  const [CertificateBody, PrivateKey] = [certificate.pem, certificate.keyPem];
  await iam.send(
    new UploadServerCertificateCommand({ ServerCertificateName: "tls", Path: "/team/", CertificateBody, PrivateKey, Tags: tags }),
  );
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "ecs" }));
  await iam.send(new CreateRoleCommand({ RoleName: "free", AssumeRolePolicyDocument: TRUST }));
  await iam.send(
    new CreateRoleCommand({ RoleName: "bound", Path: "/app/", AssumeRolePolicyDocument: TRUST, PermissionsBoundary: BOUNDARY }),
  );
  await iam.send(new PutRolePolicyCommand({ RoleName: "bound", PolicyName: "old", PolicyDocument: NOTHING }));
}

const newRole = { RoleName: "new", AssumeRolePolicyDocument: TRUST };

test.each([
  [
    "a path of users",
    new GetUserCommand({ UserName: "bob" }),
    allow("iam:GetUser", `${IAM}:user/team/*`),
    allow("iam:GetUser", `${IAM}:user/bob`),
  ],
  [
    "a tag of the user",
    new GetUserCommand({ UserName: "bob" }),
    allow("iam:GetUser", "*", equals("iam:ResourceTag/team", "web")),
    allow("iam:GetUser", "*", equals("aws:ResourceTag/team", "db")),
  ],
  [
    "the path of a new user",
    new CreateUserCommand({ UserName: "x", Path: "/app/" }),
    allow("iam:CreateUser", `${IAM}:user/app/*`),
    allow("iam:CreateUser", `${IAM}:user/x`),
  ],
  [
    "a tag that is asked for",
    new TagUserCommand({ UserName: "bob", Tags: tags }),
    allow("iam:TagUser", "*", equals("aws:RequestTag/team", "web")),
    allow("iam:TagUser", "*", equals("aws:RequestTag/team", "db")),
  ],
  [
    "the keys of tags that are taken away",
    new UntagUserCommand({ UserName: "bob", TagKeys: ["team"] }),
    allow("iam:UntagUser", "*", { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } }),
    allow("iam:UntagUser", "*", { "ForAnyValue:StringEquals": { "aws:TagKeys": ["site"] } }),
  ],
  [
    "tags on creation",
    new CreateUserCommand({ UserName: "x", Tags: tags }),
    allow(["iam:CreateUser", "iam:TagUser"], "*"),
    allow("iam:CreateUser", "*"),
  ],
  [
    "both names of who is renamed",
    new UpdateUserCommand({ UserName: "bob", NewUserName: "rob" }),
    allow("iam:UpdateUser", [`${IAM}:user/team/bob`, `${IAM}:user/team/rob`]),
    allow("iam:UpdateUser", `${IAM}:user/team/bob`),
  ],
  [
    "both paths of a group that moves",
    new UpdateGroupCommand({ GroupName: "devs", NewPath: "/new/" }),
    allow("iam:UpdateGroup", [`${IAM}:group/team/devs`, `${IAM}:group/new/devs`]),
    allow("iam:UpdateGroup", `${IAM}:group/team/devs`),
  ],
  [
    "the path of a server certificate",
    new GetServerCertificateCommand({ ServerCertificateName: "tls" }),
    allow("iam:GetServerCertificate", `${IAM}:server-certificate/team/*`),
    allow("iam:GetServerCertificate", `${IAM}:server-certificate/tls`),
  ],
  [
    "a tag of the server certificate",
    new DeleteServerCertificateCommand({ ServerCertificateName: "tls" }),
    allow("iam:DeleteServerCertificate", "*", equals("aws:ResourceTag/team", "web")),
    allow("iam:DeleteServerCertificate", "*", equals("aws:ResourceTag/team", "db")),
  ],
  [
    "both names of a server certificate",
    new UpdateServerCertificateCommand({ ServerCertificateName: "tls", NewServerCertificateName: "new" }),
    allow("iam:UpdateServerCertificate", [`${IAM}:server-certificate/team/tls`, `${IAM}:server-certificate/team/new`]),
    allow("iam:UpdateServerCertificate", `${IAM}:server-certificate/team/tls`),
  ],
  [
    "tags on uploading a server certificate",
    new UploadServerCertificateCommand({
      ServerCertificateName: "x",
      CertificateBody: certificate.pem,
      PrivateKey: certificate.keyPem,
      Tags: tags,
    }),
    allow(["iam:UploadServerCertificate", "iam:TagServerCertificate"], "*"),
    allow("iam:UploadServerCertificate", "*"),
  ],
  [
    "the boundary of a new role",
    new CreateRoleCommand({ ...newRole, PermissionsBoundary: BOUNDARY }),
    allow("iam:CreateRole", "*", equals("iam:PermissionsBoundary", BOUNDARY)),
    allow("iam:CreateRole", "*", equals("iam:PermissionsBoundary", READ_ONLY)),
  ],
  [
    "the boundary of a role that has one",
    new DeleteRolePolicyCommand({ RoleName: "bound", PolicyName: "old" }),
    allow("iam:DeleteRolePolicy", "*", equals("iam:PermissionsBoundary", BOUNDARY)),
    allow("iam:DeleteRolePolicy", "*", equals("iam:PermissionsBoundary", READ_ONLY)),
  ],
  [
    "which policy is attached",
    new AttachRolePolicyCommand({ RoleName: "free", PolicyArn: READ_ONLY }),
    allow("iam:AttachRolePolicy", `${IAM}:role/free`, { ArnEquals: { "iam:PolicyARN": READ_ONLY } }),
    allow("iam:AttachRolePolicy", `${IAM}:role/free`, { ArnEquals: { "iam:PolicyARN": BOUNDARY } }),
  ],
  [
    "which service gets a role",
    new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }),
    allow(
      "iam:CreateServiceLinkedRole",
      `${IAM}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
      equals("iam:AWSServiceName", "ecs.amazonaws.com"),
    ),
    allow("iam:CreateServiceLinkedRole", "*", equals("iam:AWSServiceName", "replication.ecr.amazonaws.com")),
  ],
  [
    "passing a role to an instance",
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: "ecs", RoleName: "free" }),
    allow(["iam:AddRoleToInstanceProfile", "iam:PassRole"], "*"),
    allow("iam:AddRoleToInstanceProfile", "*"),
  ],
  [
    "to whom a role is passed",
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: "ecs", RoleName: "free" }),
    allow(["iam:AddRoleToInstanceProfile", "iam:PassRole"], "*", { StringEqualsIfExists: { "iam:PassedToService": "ec2.amazonaws.com" } }),
    allow(["iam:AddRoleToInstanceProfile", "iam:PassRole"], "*", {
      StringEqualsIfExists: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    }),
  ],
] as const)("a policy tells apart %s", async (_what, command, enough, tooLittle) => {
  await using api = await apiWorld();
  await populated(api);
  const send = (name: string, policy: object) => api.client(IAMClient, "us-east-1", api.user(name, policy)).send(command as GetUserCommand);
  await expect(send("little", tooLittle)).rejects.toMatchObject({ name: "AccessDenied" });
  await expect(send("enough", enough)).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  expect(api.defects).toEqual([]);
});
