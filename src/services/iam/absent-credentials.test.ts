import * as sdk from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

test("what Terraform looks for before it deletes a user is not there, of a user who is there", async () => {
  await using api = await apiWorld();
  const iam = api.client(sdk.IAMClient);
  await iam.send(new sdk.CreateUserCommand({ UserName: "bob" }));
  const lists = (UserName: string) => [
    iam.send(new sdk.ListSSHPublicKeysCommand({ UserName })).then(({ SSHPublicKeys }) => SSHPublicKeys),
    iam.send(new sdk.ListMFADevicesCommand({ UserName })).then(({ MFADevices }) => MFADevices),
    iam.send(new sdk.ListSigningCertificatesCommand({ UserName })).then(({ Certificates }) => Certificates),
    iam.send(new sdk.ListServiceSpecificCredentialsCommand({ UserName })).then((found) => found.ServiceSpecificCredentials),
  ];
  expect(await Promise.all(lists("bob"))).toEqual([[], [], [], []]);
  expect((await iam.send(new sdk.ListVirtualMFADevicesCommand({}))).VirtualMFADevices).toEqual([]);
  for (const Command of [sdk.GetLoginProfileCommand, sdk.DeleteLoginProfileCommand])
    await expect(iam.send(new Command({ UserName: "bob" }) as sdk.GetLoginProfileCommand)).rejects.toMatchObject({
      name: "NoSuchEntityException",
      message: "Login Profile for User bob cannot be found.",
    });
  for (const list of lists("nobody"))
    await expect(list).rejects.toMatchObject({ name: "NoSuchEntityException", message: "The user with name nobody cannot be found." });
  expect(api.defects).toEqual([]);
});
