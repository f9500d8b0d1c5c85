import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { CreateServiceCommand, type ECSClient } from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";

/** What the form asks. */
export interface ServiceForm {
  /** `family:revision` */
  readonly definition: string;
  readonly name: string;
  readonly desired: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  /** New where its name is given. */
  readonly newGroup: { readonly name: string; readonly port: string; readonly source: string } | undefined;
  readonly groups: readonly string[];
  readonly publicAddress: boolean;
  readonly balancer: BalancerForm | undefined;
}

export interface BalancerForm {
  readonly name: string;
  readonly listenerPort: string;
  readonly targetGroup: string;
  readonly healthPath: string;
  /** The container to load balance, and its port. */
  readonly container: string;
  readonly port: number;
}

interface Clients {
  readonly ecs: ECSClient;
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
}

/**
 * Makes a service and what it is asked to have with it, in the order in which each needs the one before. Where something is refused, what was made before it
 * is taken away again, the last first, and the refusal is told.
 */
export async function createService({ ecs, ec2, elb }: Clients, cluster: string, form: ServiceForm): Promise<void> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const groups = [...form.groups];
    if (form.newGroup) {
      const { name, port, source } = form.newGroup;
      const { GroupId = "" } = await ec2.send(
        new CreateSecurityGroupCommand({ GroupName: name, Description: `Of the service ${form.name}`, VpcId: form.vpc }),
      );
      undo.push(() => ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
      const IpPermissions = [{ IpProtocol: "tcp", FromPort: Number(port), ToPort: Number(port), IpRanges: [{ CidrIp: source }] }];
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
      groups.push(GroupId);
    }
    const balanced = form.balancer && (await createBalancer(elb, form, form.balancer, groups, undo));
    await ecs.send(
      new CreateServiceCommand({
        cluster,
        serviceName: form.name,
        taskDefinition: form.definition,
        desiredCount: Number(form.desired),
        launchType: "FARGATE",
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: [...form.subnets],
            securityGroups: groups,
            assignPublicIp: form.publicAddress ? "ENABLED" : "DISABLED",
          },
        },
        ...(balanced ? { loadBalancers: [balanced] } : {}),
      }),
    );
  } catch (refusal) {
    // What cannot be taken away is left, and seen in its list: the refusal is what matters.
    for (const step of undo.toReversed()) await step().catch(() => undefined);
    throw refusal;
  }
}

async function createBalancer(
  elb: ElasticLoadBalancingV2Client,
  { vpc, subnets }: ServiceForm,
  { name, listenerPort, targetGroup, healthPath, container, port }: BalancerForm,
  groups: readonly string[],
  undo: (() => Promise<unknown>)[],
) {
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: targetGroup,
      Protocol: "HTTP",
      Port: port,
      VpcId: vpc,
      TargetType: "ip",
      HealthCheckPath: healthPath,
    }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  undo.push(() => elb.send(new DeleteTargetGroupCommand({ TargetGroupArn })));
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({
      Name: name,
      Type: "application",
      Scheme: "internet-facing",
      Subnets: [...subnets],
      SecurityGroups: [...groups],
    }),
  );
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  undo.push(() => elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn })));
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol: "HTTP",
      Port: Number(listenerPort),
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  return { targetGroupArn: TargetGroupArn, containerName: container, containerPort: port };
}
