import { EC2Client, paginateDescribeSecurityGroups } from "@aws-sdk/client-ec2";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Goto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { texts } from "../../texts.ts";

const t = texts.securityGroups;

export function SecurityGroupsPage() {
  const ec2 = useClient(EC2Client);
  const query = useLive({
    key: ["security-groups"],
    kinds: ["ec2:security-group"],
    load: () => everything(paginateDescribeSecurityGroups({ client: ec2 }, { MaxResults: 1000 }), ({ SecurityGroups }) => SecurityGroups),
  });
  return (
    <ResourceTable
      title={t.title}
      heading="h1"
      query={query}
      idOf={({ GroupId = "" }) => GroupId}
      nameOf={({ GroupName = "" }) => GroupName}
      sortedBy={{ id: "name" }}
      empty={{ title: t.empty, text: t.emptyHow }}
      columns={[
        {
          id: "id",
          header: t.id,
          isRowHeader: true,
          value: ({ GroupId = "" }) => GroupId,
          cell: ({ GroupId = "" }) => <Goto to={["ec2", "security-groups", GroupId]}>{GroupId}</Goto>,
        },
        { id: "name", header: t.name, value: ({ GroupName = "" }) => GroupName, cell: ({ GroupName }) => GroupName },
        { id: "vpc", header: t.vpc, value: ({ VpcId = "" }) => VpcId, cell: ({ VpcId }) => VpcId },
        { id: "description", header: t.description, value: ({ Description = "" }) => Description, cell: ({ Description }) => Description },
        {
          id: "inbound",
          header: t.inbound,
          value: ({ IpPermissions = [] }) => IpPermissions.length,
          cell: ({ IpPermissions = [] }) => IpPermissions.length,
        },
      ]}
    />
  );
}
