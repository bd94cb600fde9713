import { Duration } from "aws-cdk-lib";
import {
  AccessLogFormat,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  ResponseTransferMode,
  ResponseType,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Route } from "../../functions/api/route.ts";

/** One Regional REST API with every route of the table. Keys are checked by the functions, in each dialect's own voice. */
export class Api extends Construct {
  readonly restApi: RestApi;

  constructor(
    scope: Construct,
    id: string,
    props: { table: readonly { handler: IFunction; routes: readonly Route[] }[] },
  ) {
    super(scope, id);
    this.restApi = new RestApi(this, "RestApi", {
      endpointTypes: [EndpointType.REGIONAL],
      // An account that never had one refuses stages that log.
      cloudWatchRole: true,
      // Whether API Gateway decodes a binary reply depends on what the client accepts, and clients accept all sorts.
      binaryMediaTypes: ["*/*"],
      deployOptions: {
        accessLogDestination: new LogGroupLogDestination(
          new LogGroup(this, "AccessLogs", { retention: RetentionDays.THREE_MONTHS }),
        ),
        accessLogFormat: AccessLogFormat.jsonWithStandardFields(),
        loggingLevel: MethodLoggingLevel.ERROR,
        tracingEnabled: true,
        metricsEnabled: true,
      },
    });
    for (const { handler, routes } of props.table) {
      // A permission per method would fill the stack: one for the whole API is enough, since every path is ours.
      const integrate = (streams: boolean) =>
        new LambdaIntegration(handler, {
          scopePermissionToMethod: false,
          responseTransferMode: streams ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED,
          // A stream is cut off after 29 seconds like any reply, unless it is given the 15 minutes that it may have.
          ...(streams && { timeout: Duration.minutes(15) }),
        });
      const integrations = { true: integrate(true), false: integrate(false) };
      for (const route of routes) {
        this.restApi.root
          .resourceForPath(route.path)
          .addMethod(route.method, integrations[`${route.streams ?? false}`]);
      }
    }
    this.speakPlainly();
  }

  /** API Gateway's own refusals, in the shape most clients here can read. */
  private speakPlainly() {
    const say = (message: string, code: string) => ({
      "application/json": JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } }),
    });
    this.restApi.addGatewayResponse("UnknownRoute", {
      type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
      statusCode: "404",
      templates: say("There is no such route. The README lists every route and its method.", "unknown_route"),
    });
    this.restApi.addGatewayResponse("TooLarge", {
      type: ResponseType.REQUEST_TOO_LARGE,
      statusCode: "413",
      templates: say(
        "The body is too large: a request holds about 4 MB. Send the file in parts (POST /v1/uploads) or with a presigned form (POST /api/v1/datasets).",
        "request_too_large",
      ),
    });
  }
}
