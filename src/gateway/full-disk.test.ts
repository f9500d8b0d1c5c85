import { CreateSecurityGroupCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, DescribeClustersCommand, ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { CreateUserCommand, IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { GetSecretValueCommand, CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { JournaledState } from "../state/journaled-state.ts";
import { apiWorld } from "../testing/api-world.ts";
import { journalOnFullDisk } from "../testing/journal-on-full-disk.ts";

const UNAVAILABLE = {
  name: "ServiceUnavailable",
  message: "The request has failed due to a temporary failure of the server.",
  $fault: expect.anything(),
  $metadata: expect.objectContaining({ httpStatusCode: 503 }),
};

test("on a full disk reads go on in every protocol, also those that note that they were made; writes are refused as unavailable, and change nothing", async () => {
  const journal = journalOnFullDisk();
  await using api = await apiWorld({ state: new JournaledState(journal) });
  const keys = api.user("reader", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
  const [ecs, ec2, iam, secrets] = [ECSClient, EC2Client, IAMClient, SecretsManagerClient].map((client) =>
    api.client(client as never, "us-east-1", keys),
  ) as unknown as [ECSClient, EC2Client, IAMClient, SecretsManagerClient];
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand());
  await secrets.send(new CreateSecretCommand({ Name: "s", SecretString: "value" }));
  journal.room = "reserve";
  const before = new Map(journal.records);
  await expect(ecs.send(new CreateClusterCommand({ clusterName: "c" }))).rejects.toMatchObject(UNAVAILABLE);
  await expect(iam.send(new CreateUserCommand({ UserName: "u" }))).rejects.toMatchObject(UNAVAILABLE);
  await expect(ec2.send(new CreateSecurityGroupCommand({ GroupName: "g", Description: "d" }))).rejects.toMatchObject(UNAVAILABLE);
  expect((await ecs.send(new ListClustersCommand())).clusterArns).toEqual([]);
  expect((await ec2.send(new DescribeVpcsCommand())).Vpcs).toEqual(Vpcs);
  expect((await iam.send(new ListUsersCommand())).Users).toHaveLength(1);
  expect((await secrets.send(new GetSecretValueCommand({ SecretId: "s" }))).SecretString).toBe("value");
  expect(journal.records).toEqual(before);
  journal.room = "enough";
  await ecs.send(new CreateClusterCommand({ clusterName: "c" }));
  expect((await ecs.send(new DescribeClustersCommand({ clusters: ["c"] }))).clusters).toHaveLength(1);
  expect(api.defects).toEqual([]);
});

test("what is not durable yet is not shown: where even the reserve is used up, reads are unavailable as well", async () => {
  const journal = journalOnFullDisk();
  const state = new JournaledState(journal);
  await using api = await apiWorld({ state });
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "c" }));
  const { clusters } = await import("../state/ecs.ts");
  const [cluster] = [...state.table(clusters).values()];
  journal.room = "none";
  state.record(() => cluster && state.table(clusters).put({ ...cluster, status: "INACTIVE" }));
  await expect(ecs.send(new ListClustersCommand())).rejects.toMatchObject(UNAVAILABLE);
  journal.room = "enough";
  expect((await ecs.send(new ListClustersCommand())).clusterArns).toEqual([]);
  expect(api.defects).toEqual([]);
});
