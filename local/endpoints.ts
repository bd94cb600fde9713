import { REGION } from "./template.ts";

/** The services that stand on this machine, by the name the SDK has for them in its environment. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly s3: string;
  readonly sqs: string;
  readonly sfn: string;
  readonly sagemaker: string;
}

export interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How to reach those that run: for clients of this process, and as the environment of functions and trainers. */
export interface AwsSettings {
  readonly endpoints: Partial<Endpoints>;
  readonly environment: Readonly<Record<string, string>>;
  client(service: keyof Endpoints): { endpoint: string; region: string; credentials: Identity };
}

export function awsSettings(endpoints: Partial<Endpoints>, identity: Identity): AwsSettings {
  return {
    endpoints,
    environment: {
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: identity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
      // Nothing outside this machine is asked for credentials, whatever is configured on it.
      AWS_EC2_METADATA_DISABLED: "true",
      ...Object.fromEntries(
        Object.entries(endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, url]),
      ),
    },
    client(service) {
      const endpoint = endpoints[service];
      if (!endpoint) throw new Error(`${service} is not running`);
      return { endpoint, region: REGION, credentials: identity };
    },
  };
}
