import { expect, test } from "vitest";
import { availabilityZones } from "./availability-zones.ts";

test.each([
  ["us-east-1", ["a use1-az1", "b use1-az2", "c use1-az3", "d use1-az4", "e use1-az5", "f use1-az6"]],
  ["us-west-1", ["a usw1-az1", "b usw1-az2", "c usw1-az3"]],
  ["eu-west-1", ["a euw1-az1", "b euw1-az2", "c euw1-az3"]],
  ["eu-central-1", ["a euc1-az1", "b euc1-az2", "c euc1-az3"]],
  ["ap-south-1", ["a aps1-az1", "b aps1-az2", "c aps1-az3"]],
  ["ap-southeast-2", ["a apse2-az1", "b apse2-az2", "c apse2-az3"]],
  ["ap-northeast-1", ["a apne1-az1", "b apne1-az2", "c apne1-az3", "d apne1-az4"]],
  ["ca-central-1", ["a cac1-az1", "b cac1-az2", "d cac1-az4"]],
  ["cn-north-1", ["a cnn1-az1", "b cnn1-az2", "d cnn1-az4"]],
  ["cn-northwest-1", ["a cnnw1-az1", "b cnnw1-az2", "c cnnw1-az3"]],
  ["us-gov-west-1", ["a usgw1-az1", "b usgw1-az2", "c usgw1-az3"]],
  ["us-gov-east-1", ["a usge1-az1", "b usge1-az2", "c usge1-az3"]],
])("%s has the zones %j", (region, zones) => {
  expect(availabilityZones(region).map(({ name, id }) => `${name.slice(region.length)} ${id}`)).toEqual(zones);
});
