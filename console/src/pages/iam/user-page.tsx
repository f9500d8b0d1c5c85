import { GetUserCommand, IAMClient, ListAttachedUserPoliciesCommand, ListUserPoliciesCommand, type User } from "@aws-sdk/client-iam";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";
import { AccessKeys } from "./access-keys.tsx";

const t = texts.users;

export function UserPage() {
  const { name = "" } = useParams();
  const iam = useClient(IAMClient);
  const about = (arn: string): boolean => arn.endsWith(`/${name}`);
  const { data: user, error } = useLive<User | undefined>({
    key: ["user", name],
    kinds: ["iam:user"],
    about,
    load: async (abortSignal) => (await iam.send(new GetUserCommand({ UserName: name }), { abortSignal })).User,
  });
  const policies = useLive<readonly { readonly name: string; readonly arn: string }[]>({
    key: ["user-policies", name],
    kinds: ["iam:user"],
    about,
    load: async (abortSignal) => {
      const [{ AttachedPolicies = [] }, { PolicyNames = [] }] = await Promise.all([
        iam.send(new ListAttachedUserPoliciesCommand({ UserName: name }), { abortSignal }),
        iam.send(new ListUserPoliciesCommand({ UserName: name }), { abortSignal }),
      ]);
      return [
        ...AttachedPolicies.map(({ PolicyName = "", PolicyArn = "" }) => ({ name: PolicyName, arn: PolicyArn })),
        ...PolicyNames.map((inline) => ({ name: inline, arn: "-" })),
      ];
    },
  });
  return (
    <ContentLayout header={<Header variant="h1">{name}</Header>}>
      <SpaceBetween size="l">
        {error && <ErrorAlert error={error} />}
        {user && (
          <Container header={<Header variant="h2">{t.summary}</Header>}>
            <KeyValuePairs
              columns={2}
              items={[
                { label: "ARN", value: <Copy text={user.Arn ?? ""} shown name="ARN" /> },
                { label: t.createdAt, value: <Time at={user.CreateDate} /> },
              ]}
            />
          </Container>
        )}
        <ResourceTable
          title={t.policies}
          query={policies}
          idOf={({ name: policy, arn }) => `${policy} ${arn}`}
          nameOf={({ name: policy }) => policy}
          empty={{ title: t.noPolicies, text: t.noPoliciesHow }}
          columns={[
            { id: "name", header: t.policy, isRowHeader: true, value: ({ name: policy }) => policy, cell: ({ name: policy }) => policy },
            { id: "arn", header: "ARN", value: ({ arn }) => arn, cell: ({ arn }) => arn },
          ]}
        />
        {user && <AccessKeys user={name} />}
      </SpaceBetween>
    </ContentLayout>
  );
}
