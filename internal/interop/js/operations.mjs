// Calls every operation of AWS's JavaScript clients, and prints a line of JSON for what a person must do in between:
// {"approve": code} or {"visit": address}. The answer is a line on standard input. At the end it prints {"done": true}.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { SSOClient, paginateListAccounts, paginateListAccountRoles, GetRoleCredentialsCommand, LogoutCommand, UnauthorizedException, ListAccountsCommand } from "@aws-sdk/client-sso";
import * as oidc from "@aws-sdk/client-sso-oidc";

const [region, startUrl, accountId] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const ask = async (what) => {
  say(what);
  return (await lines.next()).value;
};

const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const service = new oidc.SSOOIDCClient({ region, credentials, maxAttempts: 1 });
const portal = new SSOClient({ region, maxAttempts: 1 });
const call = (command) => service.send(command);
const scopes = ["sso:account:access"];

// Device code.
const { clientId, clientSecret, clientSecretExpiresAt } = await call(new oidc.RegisterClientCommand({ clientName: "interop", clientType: "public", scopes }));
assert.ok(clientSecretExpiresAt > Date.now() / 1000);
const device = await call(new oidc.StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl }));
assert.equal(device.interval, 1);
assert.equal(device.expiresIn, 600);
const exchange = new oidc.CreateTokenCommand({
  clientId, clientSecret, deviceCode: device.deviceCode, grantType: "urn:ietf:params:oauth:grant-type:device_code",
});
await assert.rejects(call(exchange), (e) => e instanceof oidc.AuthorizationPendingException && e.error === "authorization_pending");
await ask({ approve: device.userCode });
let token = await call(exchange);
assert.equal(token.tokenType, "Bearer");
assert.equal(token.expiresIn, 3600);

// Refresh.
token = await call(new oidc.CreateTokenCommand({ clientId, clientSecret, refreshToken: token.refreshToken, grantType: "refresh_token" }));
const { accessToken } = token;
await assert.rejects(
  call(new oidc.CreateTokenCommand({ clientId, clientSecret, refreshToken: "unknown", grantType: "refresh_token" })),
  (e) => e instanceof oidc.InvalidGrantException && e.error === "invalid_grant",
);

// Authorization code.
const redirectUri = "http://127.0.0.1:8400/oauth/callback";
const browser = await call(new oidc.RegisterClientCommand({
  clientName: "interop", clientType: "public", scopes, grantTypes: ["authorization_code", "refresh_token"],
  issuerUrl: startUrl, redirectUris: ["http://127.0.0.1/oauth/callback"],
}));
const codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const authorize = async () => {
  const query = new URLSearchParams({
    response_type: "code", client_id: browser.clientId, redirect_uri: redirectUri, state: "xyz",
    code_challenge_method: "S256", scopes: scopes.join(" "),
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
  });
  const back = new URL(await ask({ visit: `https://oidc.${region}.amazonaws.com/authorize?${query}` }));
  assert.equal(back.searchParams.get("state"), "xyz");
  return back.searchParams.get("code");
};
const codeExchange = async () => ({ grantType: "authorization_code", code: await authorize(), codeVerifier, redirectUri });
await call(new oidc.CreateTokenCommand({ clientId: browser.clientId, clientSecret: browser.clientSecret, ...(await codeExchange()) }));

// CreateTokenWithIAM, which is signed.
const application = "arn:aws:sso::123456789012:application/ssoins-1234567890abcdef/apl-1234567890abcdef";
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const iam = async (input) => {
  const out = await call(new oidc.CreateTokenWithIAMCommand(input));
  assert.ok(out.accessToken && out.awsAdditionalDetails.identityContext && out.scope.length);
  return out;
};
const bearer = await iam({
  clientId: application, grantType: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: `${part({ alg: "none" })}.${part({ sub: "me" })}.x`,
});
await iam({ clientId: application, grantType: "refresh_token", refreshToken: bearer.refreshToken });
await iam({
  clientId: application, grantType: "urn:ietf:params:oauth:grant-type:token-exchange",
  subjectToken: accessToken, subjectTokenType: "urn:ietf:params:oauth:token-type:access_token",
});
await iam({ clientId: browser.clientId, ...(await codeExchange()) });
const forger = new oidc.SSOOIDCClient({ region, credentials: { ...credentials, secretAccessKey: "wrong" }, maxAttempts: 1 });
await assert.rejects(
  forger.send(new oidc.CreateTokenWithIAMCommand({ clientId: application, grantType: "refresh_token" })),
  (e) => e.name === "InvalidSignatureException",
);

// The portal, its lists in pages of one.
const accounts = [];
for await (const page of paginateListAccounts({ client: portal, pageSize: 1 }, { accessToken })) {
  accounts.push(...page.accountList.map((a) => a.accountId));
}
assert.deepEqual(accounts, [accountId, "444455556666"]);
const roles = [];
for await (const page of paginateListAccountRoles({ client: portal, pageSize: 1 }, { accessToken, accountId })) {
  roles.push(...page.roleList.map((r) => r.roleName));
}
assert.equal(roles.length, 3);
const { roleCredentials } = await portal.send(new GetRoleCredentialsCommand({ accessToken, accountId, roleName: roles[0] }));
assert.ok(roleCredentials.accessKeyId && roleCredentials.secretAccessKey && roleCredentials.sessionToken);
assert.ok(roleCredentials.expiration > Date.now());
await portal.send(new LogoutCommand({ accessToken }));
await assert.rejects(portal.send(new ListAccountsCommand({ accessToken })), UnauthorizedException);

say({ done: true });
process.exit();
