import { invalidValue } from "./ec2-operation.ts";

const DESCRIPTION = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const VALID = "Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";

/** What a security group is described as: always something. @throws InvalidParameterValue */
export function refuseGroupDescription(description: string): void {
  if (description === "" || !DESCRIPTION.test(description))
    throw invalidValue(`Value (${description}) for parameter GroupDescription is invalid. ${VALID}`);
}

/** What a rule of a security group is described as. @throws InvalidParameterValue */
export function refuseRuleDescription(description: string | undefined): void {
  if (!DESCRIPTION.test(description ?? "")) throw invalidValue(`Invalid rule description. ${VALID}`);
}
