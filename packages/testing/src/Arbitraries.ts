/**
 * Generators of every model and error, for property tests.
 *
 * @module
 * @since 0.1.0
 */
import { AcceptedChange, AcceptedOperation } from "@effect-comms/domain/Accepted"
import * as CommsError from "@effect-comms/domain/CommsError"
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
import { CommunicationOperationStatus, OperationId, OperationStatus } from "@effect-comms/domain/Operation"
import { PageSize, PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import * as Sender from "@effect-comms/domain/Sender"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import { TwilioError, TwilioErrors } from "@effect-comms/domain/TwilioError"
import * as Arbitrary from "effect/Arbitrary"

/**
 * A generator of each model, by name.
 *
 * @category arbitraries
 * @since 0.1.0
 */
export const models = {
  AcceptedChange: Arbitrary.schema(AcceptedChange),
  AcceptedOperation: Arbitrary.schema(AcceptedOperation),
  CommunicationOperationStatus: Arbitrary.schema(CommunicationOperationStatus),
  EmailOperation: Arbitrary.schema(EmailOperation.EmailOperation),
  EmailOperationPage: Arbitrary.schema(EmailOperation.family.Page.wire),
  MessageOperation: Arbitrary.schema(MessageOperation.MessageOperation),
  MessageOperationPage: Arbitrary.schema(MessageOperation.family.Page.wire),
  OperationId: Arbitrary.schema(OperationId),
  OperationStatus: Arbitrary.schema(OperationStatus),
  PageSize: Arbitrary.schema(PageSize),
  PageToken: Arbitrary.schema(PageToken),
  PaginationMetadata: Arbitrary.schema(PaginationMetadata),
  Sender: Arbitrary.schema(Sender.Sender),
  SenderPage: Arbitrary.schema(Sender.SenderPage.wire),
  SenderPool: Arbitrary.schema(SenderPool.SenderPool),
  SenderPoolPage: Arbitrary.schema(SenderPool.SenderPoolPage.wire),
  SenderPoolOperation: Arbitrary.schema(SenderPoolOperation.SenderPoolOperation),
  SenderPoolOperationPage: Arbitrary.schema(SenderPoolOperation.family.Page.wire),
  SenderPoolOperationStats: Arbitrary.schema(SenderPoolOperation.SenderPoolOperationStats),
  TwilioError: Arbitrary.schema(TwilioError),
  TwilioErrors: Arbitrary.schema(TwilioErrors)
}

/**
 * A generator of each error, by tag.
 *
 * @category arbitraries
 * @since 0.1.0
 */
export const errors = {
  BadRequest: Arbitrary.schema(CommsError.BadRequest),
  Unauthorized: Arbitrary.schema(CommsError.Unauthorized),
  Forbidden: Arbitrary.schema(CommsError.Forbidden),
  NotFound: Arbitrary.schema(CommsError.NotFound),
  Conflict: Arbitrary.schema(CommsError.Conflict),
  TooManyRequests: Arbitrary.schema(CommsError.TooManyRequests),
  InternalServerError: Arbitrary.schema(CommsError.InternalServerError),
  ServiceUnavailable: Arbitrary.schema(CommsError.ServiceUnavailable),
  UnexpectedStatus: Arbitrary.schema(CommsError.UnexpectedStatus),
  TransportFailure: Arbitrary.schema(CommsError.TransportFailure),
  OutcomeUnknown: Arbitrary.schema(CommsError.OutcomeUnknown),
  InvalidResponse: Arbitrary.schema(CommsError.InvalidResponse),
  InvalidInput: Arbitrary.schema(CommsError.InvalidInput),
  CoolingDown: Arbitrary.schema(CommsError.CoolingDown),
  PaginationLoop: Arbitrary.schema(CommsError.PaginationLoop),
  InvalidItem: Arbitrary.schema(CommsError.InvalidItem),
  PaginationLimit: Arbitrary.schema(CommsError.PaginationLimit),
  CheckpointMismatch: Arbitrary.schema(CommsError.CheckpointMismatch)
}

/**
 * A generator of any error.
 *
 * @category arbitraries
 * @since 0.1.0
 */
export const error = Arbitrary.schema(CommsError.CommsError)
