import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { DeploymentOverview, Overview } from "./overview.ts";
import { render } from "./render.ts";

const deployment = (changes: Partial<DeploymentOverview>): DeploymentOverview => ({
  status: "PRIMARY",
  rolloutState: "COMPLETED",
  taskDefinition: "shop:1",
  desired: 2,
  running: 2,
  pending: 0,
  failed: 0,
  ...changes,
});

const overview: Overview = {
  endpoint: "http://127.0.0.1:4566",
  troubles: [],
  regions: [
    {
      region: "ap-south-1",
      clusters: [
        {
          name: "production",
          services: [
            {
              name: "web",
              status: "ACTIVE",
              desired: 2,
              running: 3,
              pending: 1,
              deployments: [
                deployment({ rolloutState: "IN_PROGRESS", taskDefinition: "shop:2", running: 1, pending: 1 }),
                deployment({ status: "ACTIVE", failed: 12 }),
              ],
              tasks: [{ id: "0123456789abcdef", status: "RUNNING", health: "HEALTHY", taskDefinition: "shop:2", address: "172.31.0.4" }],
              lastEvent: "(service web) has started 1 tasks: (task 0123456789abcdef).",
            },
          ],
          tasks: [],
        },
        { name: "idle", services: [], tasks: [] },
      ],
      loadBalancers: [
        {
          name: "front",
          type: "application",
          state: "active",
          listeners: [
            { url: "http://front.example:8080", port: 80, boundPort: 8080, healthyTargets: 1, targets: 2 },
            { url: "http://front.example:81", port: 81, onlyByName: true, healthyTargets: 2, targets: 2 },
          ],
        },
      ],
    },
  ],
};

test("shows deployments side by side, tasks, and where a load balancer really answers", () => {
  expect(stripVTControlCharacters(render(overview))).toBe(`Airfield at http://127.0.0.1:4566

ap-south-1
  cluster production
    service web  3/2 running, 1 pending
      deployment PRIMARY  shop:2  IN_PROGRESS  desired 2  running 1  pending 1
      deployment ACTIVE   shop:1  COMPLETED    desired 2  running 2  pending 0  failed 12
      task 01234567  shop:2  RUNNING  HEALTHY  172.31.0.4
      (service web) has started 1 tasks: (task 0123456789abcdef).
  cluster idle  empty
  application load balancer front  active
    http://front.example:8080  1 of 2 targets healthy  (port 80 could not be bound)
    http://front.example:81  2 of 2 targets healthy  (by this name only: another load balancer took the port first)`);
});

test("says so where there is nothing yet", () => {
  expect(render({ endpoint: "http://127.0.0.1:4566", troubles: [], regions: [] })).toContain("no clusters and no load balancers yet");
});

test("begins with what is wrong with the server itself", () => {
  const troubles = [{ since: "2026-11-28T12:00:00.000Z", text: "the Docker engine does not answer" }];
  expect(stripVTControlCharacters(render({ ...overview, troubles }))).toMatch(
    /^Airfield at \S+\ntrouble since 2026-11-28T12:00:00\.000Z: the Docker engine does not answer\n\nap-south-1\n/,
  );
});
