#include "probe/backend.h"
