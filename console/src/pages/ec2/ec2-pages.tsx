import { Route, Routes } from "react-router";
import { NoPage } from "../../shell/no-page.tsx";
import { EditInboundRules } from "./edit-inbound-rules.tsx";
import { LoadBalancerPage } from "./load-balancer-page.tsx";
import { LoadBalancersPage } from "./load-balancers-page.tsx";
import { SecurityGroupPage } from "./security-group-page.tsx";
import { SecurityGroupsPage } from "./security-groups-page.tsx";

export function Ec2Pages() {
  return (
    <Routes>
      <Route path="load-balancers" element={<LoadBalancersPage />} />
      <Route path="load-balancers/:name" element={<LoadBalancerPage />} />
      <Route path="security-groups" element={<SecurityGroupsPage />} />
      <Route path="security-groups/:group" element={<SecurityGroupPage />} />
      <Route path="security-groups/:group/edit-inbound-rules" element={<EditInboundRules />} />
      <Route path="*" element={<NoPage />} />
    </Routes>
  );
}
