// Prints what the JavaScript SDK makes of a profile: the session's access token where it has an sso-session, and the
// role's access key. It ends with 1 where it can't, and says why on standard error.
import { fromSSO } from "@aws-sdk/credential-provider-sso";
import { fromSso } from "@aws-sdk/token-providers";

const [profile, withToken] = process.argv.slice(2);
try {
  const token = withToken ? (await fromSso({ profile })()).token : "";
  const { accessKeyId } = await fromSSO({ profile })();
  console.log(JSON.stringify({ token, accessKeyId }));
} catch (e) {
  console.error(`${e.name}: ${e.message}`);
  process.exit(1);
}
