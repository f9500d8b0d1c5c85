/** A policy that AWS keeps for everybody: `arn:aws:iam::aws:policy/…`. */
export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  /** What the policy grants. Facts of AWS's "Managed Policy Reference". */
  readonly document: object;
}

const ALL: readonly AwsManagedPolicy[] = [
  {
    name: "AdministratorAccess",
    path: "/",
    document: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
  },
  {
    name: "AmazonECSTaskExecutionRolePolicy",
    path: "/service-role/",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
          ],
          Resource: "*",
        },
      ],
    },
  },
];

const BY_ARN = new Map<string, AwsManagedPolicy & { readonly text: string }>(
  ALL.map(
    (policy) => [`arn:aws:iam::aws:policy${policy.path}${policy.name}`, { ...policy, text: JSON.stringify(policy.document) }] as const,
  ),
);

/** Looks one up; `text` is its document as JSON. */
export function awsManagedPolicy(arn: string): (AwsManagedPolicy & { readonly text: string }) | undefined {
  return BY_ARN.get(arn);
}
