import { DescribeSecurityGroupsCommand, EC2Client, type SecurityGroup } from "@aws-sdk/client-ec2";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { texts } from "../../texts.ts";
import { peerOf, portsOf, typeOf, useRules } from "./security-group-rules.ts";

const t = texts.securityGroups;

export function SecurityGroupPage() {
  const { group = "" } = useParams();
  const ec2 = useClient(EC2Client);
  const goto = useGoto();
  const { data: found, error } = useLive<SecurityGroup | undefined>({
    key: ["security-group", group],
    kinds: ["ec2:security-group"],
    about: (arn) => arn.endsWith(`/${group}`),
    load: async (abortSignal) =>
      (await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group] }), { abortSignal })).SecurityGroups?.[0],
  });
  const edit = (
    <Button disabled={!found} onClick={() => goto("ec2", "security-groups", group, "edit-inbound-rules")}>
      {t.edit}
    </Button>
  );
  return (
    <ContentLayout header={<Header variant="h1">{found ? `${group} - ${found.GroupName}` : group}</Header>}>
      <SpaceBetween size="l">
        {error && <ErrorAlert error={error} />}
        {found && (
          <Container header={<Header variant="h2">{texts.balancers.details}</Header>}>
            <KeyValuePairs
              columns={4}
              items={[
                { label: t.name, value: found.GroupName },
                { label: t.id, value: <Copy text={group} shown name={t.id} /> },
                { label: t.vpc, value: found.VpcId },
                { label: t.description, value: found.Description },
              ]}
            />
          </Container>
        )}
        <Rules group={group} egress={false} buttons={edit} />
        <Rules group={group} egress />
      </SpaceBetween>
    </ContentLayout>
  );
}

function Rules({ group, egress, buttons }: { readonly group: string; readonly egress: boolean; readonly buttons?: ReactNode }) {
  const { data, error, isPending } = useRules(group);
  return (
    <ResourceTable
      title={egress ? t.outbound : t.inbound}
      query={{ data: data?.filter(({ IsEgress = false }) => IsEgress === egress), error, isPending }}
      idOf={({ SecurityGroupRuleId = "" }) => SecurityGroupRuleId}
      nameOf={({ SecurityGroupRuleId = "" }) => SecurityGroupRuleId}
      empty={{ title: t.noRules, text: egress ? t.noOutbound : t.noInbound }}
      buttons={buttons}
      columns={[
        {
          id: "rule",
          header: t.rule,
          isRowHeader: true,
          value: ({ SecurityGroupRuleId = "" }) => SecurityGroupRuleId,
          cell: ({ SecurityGroupRuleId }) => SecurityGroupRuleId,
        },
        { id: "type", header: t.type, value: typeOf, cell: typeOf },
        { id: "protocol", header: t.protocol, cell: ({ IpProtocol }) => (IpProtocol === "-1" ? t.all : IpProtocol?.toUpperCase()) },
        { id: "ports", header: t.ports, value: portsOf, cell: portsOf },
        { id: "peer", header: egress ? t.destination : t.source, value: peerOf, cell: peerOf },
        {
          id: "description",
          header: t.description,
          value: ({ Description = "" }) => Description,
          cell: ({ Description }) => Description ?? "-",
        },
      ]}
    />
  );
}
