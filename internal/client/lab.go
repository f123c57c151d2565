package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Devices returns a page of devices and of browsers' seats.
func (c *Client) Devices(ctx context.Context, q operatorapi.DevicesQuery) (operatorapi.Devices, error) {
	r := operatorapi.ListDevices.To()
	r.Query = q
	return send(ctx, c, r)
}

// Device returns a device with its past.
func (c *Client) Device(ctx context.Context, udid string) (operatorapi.DeviceDetails, error) {
	return send(ctx, c, operatorapi.GetDevice.To(udid))
}

// DrainDevice takes a device out of use once its session has ended.
func (c *Client) DrainDevice(ctx context.Context, udid, reason string) (operatorapi.DeviceDetails, error) {
	r := operatorapi.DrainDevice.To(udid)
	r.Body.Reason = reason
	return send(ctx, c, r)
}

// ResumeDevice takes a device back into use.
func (c *Client) ResumeDevice(ctx context.Context, udid, reason string) (operatorapi.DeviceDetails, error) {
	r := operatorapi.ResumeDevice.To(udid)
	r.Body.Reason = reason
	return send(ctx, c, r)
}

// QuarantineDevice takes a device that no session has out of use.
func (c *Client) QuarantineDevice(ctx context.Context, udid, reason string) (operatorapi.DeviceDetails, error) {
	r := operatorapi.QuarantineDevice.To(udid)
	r.Body.Reason = reason
	return send(ctx, c, r)
}

// Sessions returns a page of sessions.
func (c *Client) Sessions(ctx context.Context, q operatorapi.SessionsQuery) (operatorapi.SessionPage, error) {
	r := operatorapi.ListSessions.To()
	r.Query = q
	return send(ctx, c, r)
}

// Session returns a session. If an account is given, it has to be of that account.
func (c *Client) Session(ctx context.Context, id, account string) (operatorapi.Session, error) {
	r := operatorapi.GetSession.To(id)
	r.Query.Account = account
	return send(ctx, c, r)
}

// EndSession ends a session and returns it. The account is as in Session.
func (c *Client) EndSession(ctx context.Context, id, account, reason string) (operatorapi.Session, error) {
	r := operatorapi.EndSession.To(id)
	r.Query.Account, r.Body.Reason = account, reason
	return send(ctx, c, r)
}

// Queue returns a page of what waits.
func (c *Client) Queue(ctx context.Context, q operatorapi.QueueQuery) (operatorapi.Queue, error) {
	r := operatorapi.ListQueue.To()
	r.Query = q
	return send(ctx, c, r)
}

// AuditLab says whether what sessions hold, what is counted and what is booked agree.
func (c *Client) AuditLab(ctx context.Context) (operatorapi.LabAudit, error) {
	return send(ctx, c, operatorapi.AuditLab.To())
}
