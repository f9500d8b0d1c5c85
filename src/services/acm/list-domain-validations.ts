import type { DomainValidationSummary } from "@aws-sdk/client-acm";
import type { DomainValidationRecord } from "../../state/acm.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { invalid, onCertificate, operation, requireCertificate } from "./certificate.ts";

const USUAL_PAGE = 1000;

export const listCertificateDomainValidations = operation("ListCertificateDomainValidations", {
  authorize: onCertificate("ListCertificateDomainValidations"),
  run({ CertificateArn, NextToken, MaxItems = USUAL_PAGE }, context) {
    const { request, arn } = requireCertificate(context, CertificateArn);
    if (!request) throw invalid(`Certificate ${arn} was imported: its domains are not validated here.`);
    const sorted = request.validations.toSorted((a, b) => compareKeys(a.domainName, b.domainName));
    const page = paginate(sorted, ({ domainName }) => domainName, { token: NextToken, limit: MaxItems }, context.secrets);
    if (!page) throw invalid("The NextToken is not valid.");
    return {
      DomainValidationSummaryList: page.items.map(summaryOf),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
});

/** No other validation is ever asked for: there is one method here. */
function summaryOf({ domainName, recordName, recordValue, status }: DomainValidationRecord): DomainValidationSummary {
  const ResourceRecord = { Name: recordName, Type: "CNAME", Value: recordValue } as const;
  return {
    DomainName: domainName,
    ActiveValidationConfiguration: {
      ValidationMethod: "DNS",
      ValidationStatus: status,
      ValidationChallenge: { DnsValidationChallenge: { ResourceRecord } },
    },
  };
}
