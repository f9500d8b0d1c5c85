import { trafficProxyContract } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

trafficProxyContract("HAProxy", haproxyWorld);
