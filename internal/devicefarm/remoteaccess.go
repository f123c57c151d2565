package devicefarm

import (
	"context"
	"net/http"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/session"
	"github.com/slotfarm/slotfarm/internal/web"
)

func (a api) remoteAccessRows() []awsjson.Operation {
	return []awsjson.Operation{
		rowOn("CreateRemoteAccessSession", arn.Project, a.createRemoteAccessSession),
		rowOn("GetRemoteAccessSession", arn.Session, a.getRemoteAccessSession),
		rowOn("ListRemoteAccessSessions", arn.Project, a.listRemoteAccessSessions),
		rowOn("StopRemoteAccessSession", arn.Session, a.stopRemoteAccessSession),
		rowOn("DeleteRemoteAccessSession", arn.Session, a.deleteRemoteAccessSession),
		rowOn("InstallToRemoteAccessSession", arn.Session, a.installToRemoteAccessSession),
	}
}

type remoteAccessSession struct {
	ARN             string             `json:"arn"`
	Name            string             `json:"name,omitempty"`
	Created         awsjson.Timestamp  `json:"created"`
	Status          string             `json:"status"`
	Result          string             `json:"result"`
	Message         string             `json:"message,omitempty"`
	Started         *awsjson.Timestamp `json:"started,omitempty"`
	Stopped         *awsjson.Timestamp `json:"stopped,omitempty"`
	Device          *deviceShape       `json:"device,omitempty"`
	InstanceARN     string             `json:"instanceArn,omitempty"`
	BillingMethod   string             `json:"billingMethod"`
	DeviceMinutes   deviceMinutes      `json:"deviceMinutes"`
	Endpoint        string             `json:"endpoint,omitempty"`
	DeviceUDID      string             `json:"deviceUdid,omitempty"`
	InteractionMode string             `json:"interactionMode,omitempty"`
	SkipAppResign   *bool              `json:"skipAppResign,omitempty"`
	VPCConfig       *vpcConfigShape    `json:"vpcConfig,omitempty"`
	DeviceProxy     *deviceProxy       `json:"deviceProxy,omitempty"`
	AppUpload       string             `json:"appUpload,omitempty"`
	Endpoints       *endpoints         `json:"endpoints,omitempty"`
}

type deviceMinutes struct {
	Total     awsjson.Decimal `json:"total"`
	Metered   awsjson.Decimal `json:"metered"`
	Unmetered awsjson.Decimal `json:"unmetered"`
}

type deviceProxy struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

type endpoints struct {
	RemoteDriverEndpoint string `json:"remoteDriverEndpoint"`
	InteractiveEndpoint  string `json:"interactiveEndpoint,omitempty"`
}

type remoteAccessOutput struct {
	RemoteAccessSession remoteAccessSession `json:"remoteAccessSession"`
}

type createRemoteAccessInput struct {
	ProjectARN      *string                    `json:"projectArn"`
	DeviceARN       *string                    `json:"deviceArn"`
	AppARN          *string                    `json:"appArn"`
	InstanceARN     *string                    `json:"instanceArn"`
	Name            *string                    `json:"name"`
	Configuration   *remoteAccessConfiguration `json:"configuration"`
	InteractionMode *string                    `json:"interactionMode"`
	SkipAppResign   *bool                      `json:"skipAppResign"`
}

type remoteAccessConfiguration struct {
	AuxiliaryApps  []string          `json:"auxiliaryApps"`
	BillingMethod  *string           `json:"billingMethod"`
	VPCEConfigARNs []string          `json:"vpceConfigurationArns"`
	DeviceProxy    *deviceProxyInput `json:"deviceProxy"`
}

type deviceProxyInput struct {
	Host *string         `json:"host"`
	Port *awsjson.Number `json:"port"`
}

func (in createRemoteAccessInput) resource() *string { return in.ProjectARN }

// createRemoteAccessSession puts a session into the queue.
func (a api) createRemoteAccessSession(ctx context.Context, call *web.Request, in createRemoteAccessInput) (remoteAccessOutput, error) {
	if err := bounded(call); err != nil {
		return remoteAccessOutput{}, err
	}
	request, err := in.request()
	if err != nil {
		return remoteAccessOutput{}, err
	}
	made, err := a.sessions.Create(ctx, who(call), request)
	return a.remoteAccess(call, made), err
}

// request returns what an input that is within the API model asks for. A session is
// metered unless it says otherwise, as on AWS.
func (in createRemoteAccessInput) request() (session.Request, error) {
	r := session.Request{Method: account.Metered}
	r.Name, r.Interaction, r.SkipResign = text(in.Name), text(in.InteractionMode), in.SkipAppResign
	var err error
	if r.Project, err = parsed("projectArn", *in.ProjectARN, arn.Project); err != nil {
		return r, err
	}
	if r.Device, err = parsed("deviceArn", *in.DeviceARN, arn.Device); err != nil {
		return r, err
	}
	if in.InstanceARN != nil {
		if r.Instance, err = parsed("instanceArn", *in.InstanceARN, arn.DeviceInstance); err != nil {
			return r, err
		}
	}
	if in.AppARN != nil {
		return r, noUpload("appArn", *in.AppARN)
	}
	return r, in.Configuration.into(&r)
}

// into sets what a configuration says of a session.
func (c *remoteAccessConfiguration) into(r *session.Request) error {
	if c == nil {
		return nil
	}
	if c.BillingMethod != nil {
		r.Method = account.BillingMethod(*c.BillingMethod)
	}
	if len(c.AuxiliaryApps) > 0 {
		return noUpload("auxiliaryApps", c.AuxiliaryApps[0])
	}
	if len(c.VPCEConfigARNs) > 0 {
		of, err := parsed("vpceConfigurationArns", c.VPCEConfigARNs[0], arn.VPCEConfiguration)
		if err == nil {
			err = fault.New(fault.NotFound, "There is no VPC endpoint configuration %s.", of)
		}
		return err
	}
	if p := c.DeviceProxy; p != nil {
		port, err := p.Port.Integer("port")
		if err != nil {
			return err
		}
		r.Proxy = &session.Proxy{Host: text(p.Host), Port: port}
	}
	return nil
}

// noUpload is why an app cannot be used that an input names.
func noUpload(member, name string) error {
	of, err := parsed(member, name, arn.Upload)
	if err == nil {
		err = fault.New(fault.NotFound, "There is no upload %s.", of)
	}
	return err
}

// getRemoteAccessSession shows a session.
func (a api) getRemoteAccessSession(ctx context.Context, call *web.Request, in arnInput) (remoteAccessOutput, error) {
	return a.onSession(ctx, call, in, a.sessions.Get)
}

// stopRemoteAccessSession ends a session.
func (a api) stopRemoteAccessSession(ctx context.Context, call *web.Request, in arnInput) (remoteAccessOutput, error) {
	return a.onSession(ctx, call, in, a.sessions.Stop)
}

// onSession does something with the session that an input names, and shows it.
func (a api) onSession(ctx context.Context, call *web.Request, in arnInput, f func(context.Context, account.ID, arn.ARN) (session.View, error)) (remoteAccessOutput, error) {
	of, err := in.target(call, arn.Session)
	if err != nil {
		return remoteAccessOutput{}, err
	}
	view, err := f(ctx, who(call), of)
	return a.remoteAccess(call, view), err
}

// deleteRemoteAccessSession removes a session that has ended.
func (a api) deleteRemoteAccessSession(ctx context.Context, call *web.Request, in arnInput) (nothing, error) {
	of, err := in.target(call, arn.Session)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, a.sessions.Delete(ctx, who(call), of)
}

type installInput struct {
	RemoteAccessSessionARN *string `json:"remoteAccessSessionArn"`
	AppARN                 *string `json:"appArn"`
}

func (in installInput) resource() *string { return in.RemoteAccessSessionARN }

type installOutput struct {
	AppUpload uploadShape `json:"appUpload"`
}

type uploadShape struct {
	ARN         string             `json:"arn,omitempty"`
	Name        string             `json:"name,omitempty"`
	Created     *awsjson.Timestamp `json:"created,omitempty"`
	Type        string             `json:"type,omitempty"`
	Status      string             `json:"status,omitempty"`
	URL         string             `json:"url,omitempty"`
	Metadata    string             `json:"metadata,omitempty"`
	ContentType string             `json:"contentType,omitempty"`
	Message     string             `json:"message,omitempty"`
	Category    string             `json:"category,omitempty"`
}

// installToRemoteAccessSession installs an upload on the device of a session.
func (a api) installToRemoteAccessSession(ctx context.Context, call *web.Request, in installInput) (installOutput, error) {
	if err := bounded(call); err != nil {
		return installOutput{}, err
	}
	of, err := parsed("remoteAccessSessionArn", *in.RemoteAccessSessionARN, arn.Session)
	if err != nil {
		return installOutput{}, err
	}
	if err = noUpload("appArn", *in.AppARN); fault.KindOf(err) != fault.NotFound {
		return installOutput{}, err
	}
	if _, unknown := a.sessions.Get(ctx, who(call), of); unknown != nil {
		err = unknown
	}
	return installOutput{}, err
}

type listRemoteAccessOutput struct {
	RemoteAccessSessions []remoteAccessSession `json:"remoteAccessSessions"`
	NextToken            string                `json:"nextToken,omitempty"`
}

type projectListInput struct {
	ARN       *string `json:"arn"`
	NextToken *string `json:"nextToken"`
}

func (in projectListInput) resource() *string { return in.ARN }

// listRemoteAccessSessions shows the sessions of a project, newest first.
func (a api) listRemoteAccessSessions(ctx context.Context, call *web.Request, in projectListInput) (listRemoteAccessOutput, error) {
	out := listRemoteAccessOutput{RemoteAccessSessions: []remoteAccessSession{}}
	of, err := arnInput{in.ARN}.target(call, arn.Project)
	if err != nil {
		return out, err
	}
	from, err := idPlace(call, in.NextToken)
	if err != nil {
		return out, err
	}
	if of.Account != string(who(call)) {
		return out, fault.New(fault.NotFound, "There is no project %s.", of)
	}
	page, next, err := a.sessions.List(ctx, of, fleet.Page(from), resourcePage)
	for _, v := range page {
		out.RemoteAccessSessions = append(out.RemoteAccessSessions, a.remoteAccess(call, v).RemoteAccessSession)
	}
	if next != "" {
		out.NextToken = idToken(call, string(next))
	}
	return out, err
}

// remoteAccess returns a session in its wire form. It has end points only while it
// can be used.
func (a api) remoteAccess(call *web.Request, v session.View) remoteAccessOutput {
	shape := remoteAccessSession{
		ARN: v.ARN.String(), Name: v.Name, Created: awsjson.Timestamp{Time: v.Created}, Status: string(v.Status), Result: v.Result(),
		Message: v.Message, BillingMethod: string(v.Method), DeviceUDID: v.Instance,
		InteractionMode: v.Interaction, SkipAppResign: v.SkipResign, Started: stamp(v.Ready), Stopped: stamp(v.Ended),
	}
	minutes := awsjson.Decimal(v.Minutes(a.now()).Minutes())
	shape.DeviceMinutes = deviceMinutes{Total: minutes, Metered: minutes, Unmetered: "0.0"}
	if v.Method == account.Unmetered {
		shape.DeviceMinutes = deviceMinutes{Total: minutes, Metered: "0.0", Unmetered: minutes}
	}
	if v.VPC != nil {
		shape.VPCConfig = &vpcConfigShape{SecurityGroupIDs: v.VPC.SecurityGroups, SubnetIDs: v.VPC.Subnets, VPCID: v.VPC.ID}
	}
	if v.Proxy != nil {
		shape.DeviceProxy = &deviceProxy{v.Proxy.Host, v.Proxy.Port}
	}
	if v.Device != nil {
		device := shapeOfDevice(*v.Device)
		shape.Device = &device
		for _, i := range v.Device.Own {
			if i.UDID == v.Instance {
				shape.InstanceARN = i.ARN().String()
			}
		}
	}
	if v.Status == session.Running {
		shape.Endpoint = a.reach(call.Request, a.endpoint(v.Session))
		shape.Endpoints = &endpoints{RemoteDriverEndpoint: shape.Endpoint}
	}
	return remoteAccessOutput{shape}
}

// reach returns the URL at which clients find a path of this server: under the
// public URL, else as they found this API.
func (a api) reach(r *http.Request, path string) string {
	if a.publicURL != "" {
		return a.publicURL + path
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + path
}

// stamp returns an instant in its wire form, nil for the zero time.
func stamp(at time.Time) *awsjson.Timestamp {
	if at.IsZero() {
		return nil
	}
	return &awsjson.Timestamp{Time: at}
}
