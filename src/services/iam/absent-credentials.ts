import { missing, onAccount, onUser, operation } from "./iam-operation.ts";
import { userOrCaller } from "./find.ts";
import { listed } from "./listing.ts";

// Users have access keys here and no other credentials: what clients look for before they delete a user is answered, and nothing is found.

export const listSSHPublicKeys = operation("ListSSHPublicKeys", {
  authorize: onUser("ListSSHPublicKeys"),
  run({ UserName, ...page }, context) {
    userOrCaller(context, UserName);
    return { SSHPublicKeys: [], ...listed([], String, page, context).more };
  },
});

export const listMFADevices = operation("ListMFADevices", {
  authorize: onUser("ListMFADevices"),
  run({ UserName, ...page }, context) {
    if (UserName !== undefined || context.principal.kind !== "root") userOrCaller(context, UserName);
    return { MFADevices: [], ...listed([], String, page, context).more };
  },
});

export const listVirtualMFADevices = operation("ListVirtualMFADevices", {
  authorize: onAccount("ListVirtualMFADevices"),
  run: ({ AssignmentStatus: _status, ...page }, context) => ({ VirtualMFADevices: [], ...listed([], String, page, context).more }),
});

export const listSigningCertificates = operation("ListSigningCertificates", {
  authorize: onUser("ListSigningCertificates"),
  run({ UserName, ...page }, context) {
    userOrCaller(context, UserName);
    return { Certificates: [], ...listed([], String, page, context).more };
  },
});

export const listServiceSpecificCredentials = operation("ListServiceSpecificCredentials", {
  authorize: onUser("ListServiceSpecificCredentials"),
  run({ UserName, AllUsers }, context) {
    if (AllUsers !== true) userOrCaller(context, UserName);
    return { ServiceSpecificCredentials: [], IsTruncated: false };
  },
});

export const getLoginProfile = operation("GetLoginProfile", {
  authorize: onUser("GetLoginProfile"),
  run: ({ UserName }, context) => noLoginProfile(userOrCaller(context, UserName).name),
});

export const deleteLoginProfile = operation("DeleteLoginProfile", {
  authorize: onUser("DeleteLoginProfile"),
  run: ({ UserName }, context) => noLoginProfile(userOrCaller(context, UserName).name),
});

function noLoginProfile(userName: string): never {
  throw missing(`Login Profile for User ${userName} cannot be found.`);
}
